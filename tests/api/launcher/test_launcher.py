"""One command starts everything; it stops in order; nothing is left behind."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from api import ROOT
from tests.support.client import Client
from tests.support.documents import small_document
from tests.support.running_site import RunningSite, is_alive, wait_until

STOP_SECONDS = 6


def family(pid: int) -> list[int]:
    """A process's descendants."""
    found = subprocess.run(["pgrep", "-P", str(pid)], capture_output=True, text=True, check=False).stdout.split()
    return [one for child in map(int, found) for one in (child, *family(child))]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_starts_and_stops_in_order(fresh_site: RunningSite, number: int) -> None:
    fresh_site.start()
    assert fresh_site.process is not None
    children = family(fresh_site.process.pid)
    assert len(children) >= 5
    started = time.monotonic()
    assert fresh_site.stop(number) == 0
    assert time.monotonic() - started < STOP_SECONDS
    assert not [pid for pid in children if is_alive(pid)]
    assert "did not end in time" not in fresh_site.output()


def test_a_second_start_is_quick_and_nothing_is_lost(fresh_site: RunningSite) -> None:
    fresh_site.start()
    author = fresh_site.author("ada@example.org")
    rule = fresh_site.publish(author, small_document("Still here"))
    release = os.readlink(fresh_site.build / "current")
    fresh_site.stop()
    fresh_site.log.unlink()
    started = time.monotonic()
    fresh_site.start()
    assert time.monotonic() - started < 3
    assert os.readlink(fresh_site.build / "current") == release
    assert fresh_site.read(f"/rules/{rule['slug']}/").status == 200
    assert author.get("/api/auth/session").json["user"]["email"] == "ada@example.org"


def test_a_killed_launcher_leaves_no_process(fresh_site: RunningSite) -> None:
    fresh_site.start()
    assert fresh_site.process is not None
    children = family(fresh_site.process.pid)
    assert fresh_site.stop(signal.SIGKILL) == -signal.SIGKILL
    wait_until(lambda: not [pid for pid in children if is_alive(pid)], STOP_SECONDS)
    fresh_site.log.unlink()
    fresh_site.start()
    assert fresh_site.read("/").status == 200


@pytest.mark.parametrize("name", ["api", "pages", "errands", "postgres"])
def test_what_ends_is_started_again(fresh_site: RunningSite, name: str) -> None:
    fresh_site.start()
    author = fresh_site.author("ada@example.org")
    before = fresh_site.processes()[name]
    os.kill(before, signal.SIGKILL)
    wait_until(lambda: fresh_site.processes().get(name, before) != before)
    assert fresh_site.read("/").status == 200

    def publishes() -> bool:
        answer = author.send("POST", "/api/rules", {"document": small_document("After")})
        return answer.status == 200 and answer.json["state"] == "live"

    wait_until(publishes, 20)
    assert fresh_site.command("status").returncode == 0, fresh_site.command("status").stdout


def test_the_web_servers_end_is_the_end(fresh_site: RunningSite) -> None:
    fresh_site.start()
    assert fresh_site.process is not None
    children = family(fresh_site.process.pid)
    os.kill(fresh_site.processes()["web"], signal.SIGKILL)
    assert fresh_site.process.wait(STOP_SECONDS) == 1
    assert not [pid for pid in children if is_alive(pid)]


def test_a_process_that_keeps_ending_is_the_end(fresh_site: RunningSite) -> None:
    fresh_site.start()
    assert fresh_site.process is not None
    deadline = time.monotonic() + 30
    while fresh_site.process.poll() is None:
        assert time.monotonic() < deadline
        if pid := fresh_site.processes_or_none().get("errands"):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.05)
    assert fresh_site.process.returncode == 1
    assert "errands ended five times in a minute" in fresh_site.output()


def test_two_copies_side_by_side(fresh_site: RunningSite, tmp_path: Path, assets: Path) -> None:
    other = RunningSite(tmp_path / "other")
    other.build.mkdir(parents=True)
    shutil.copytree(assets, other.build / "assets")
    fresh_site.start()
    other.start()
    try:
        author = fresh_site.author("ada@example.org")
        rule = fresh_site.publish(author, small_document("Only here"))
        assert fresh_site.read(f"/rules/{rule['slug']}/").status == 200
        assert other.read(f"/rules/{rule['slug']}/").status == 404
    finally:
        other.close()


def test_it_listens_where_it_is_told(fresh_site: RunningSite) -> None:
    fresh_site.environment["BIND"] = "127.0.0.2"
    fresh_site.start()
    assert Client(f"http://127.0.0.2:{fresh_site.port}").get("/").status == 200
    with pytest.raises(ConnectionRefusedError):
        Client(f"http://127.0.0.1:{fresh_site.port}").get("/")


def test_it_listens_on_ipv6(fresh_site: RunningSite) -> None:
    fresh_site.environment["BIND"] = "::1"
    fresh_site.start()
    with socket.create_connection(("::1", fresh_site.port), timeout=5) as connection:
        connection.sendall(b"GET / HTTP/1.0\r\nHost: localhost\r\n\r\n")
        assert connection.recv(12) == b"HTTP/1.1 200"


def test_a_half_sent_request_does_not_outlive_it(fresh_site: RunningSite) -> None:
    fresh_site.start()
    assert fresh_site.process is not None
    children = family(fresh_site.process.pid)
    with socket.create_connection(("127.0.0.1", fresh_site.port)) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: local")
        time.sleep(0.2)
        started = time.monotonic()
        assert fresh_site.stop() == 0
        assert time.monotonic() - started < STOP_SECONDS
        assert not [pid for pid in children if is_alive(pid)]


def test_an_old_generation_that_dies_during_a_build_leaves_a_working_launcher(fresh_site: RunningSite) -> None:
    """Its replacement stands by while the successor takes over; then the successor must be the pages worker."""
    fresh_site.start()
    author = fresh_site.author("ada@example.org")
    for round in range(2):
        worker = fresh_site.processes()["pages"]
        rebuild = subprocess.Popen(
            [sys.executable, "-m", "api", "rebuild"],
            cwd=ROOT,
            env=fresh_site.environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        wait_until(lambda: "pages successor" in fresh_site.processes_or_none())
        os.kill(worker, signal.SIGKILL)
        assert rebuild.wait(60) == 0
        wait_until(lambda: set(fresh_site.processes()) == {"postgres", "api", "pages", "errands", "web"})
        rule = fresh_site.publish(author, small_document(f"Round {round}")) if round else None
    assert rule is not None
    assert fresh_site.read(f"/rules/{rule['slug']}/").status == 200
    assert fresh_site.command("rebuild").returncode == 0


def test_mail_is_printed_and_kept(fresh_site: RunningSite) -> None:
    fresh_site.start()
    fresh_site.client().send("POST", "/api/auth/magic-link/request", {"email": "ada@example.org"})
    link = fresh_site.wait_for_link("ada@example.org", 0)
    wait_until(lambda: link in fresh_site.output())


def refused(site: RunningSite, seconds: float = 20) -> str:
    """The last line of a start that ends by itself, with nothing left running."""
    site.launch()
    assert site.process is not None
    assert site.process.wait(seconds) == 1
    assert not family(site.process.pid)
    line = site.output().strip().splitlines()[-1]
    assert "Traceback" not in site.output()
    assert line.startswith("communityrule: "), site.output()
    return line


def test_a_taken_port(fresh_site: RunningSite) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", fresh_site.port))
        taken.listen()
        assert f"port {fresh_site.port}" in refused(fresh_site)


def test_a_folder_in_use(fresh_site: RunningSite, tmp_path: Path) -> None:
    fresh_site.start()
    second = RunningSite(tmp_path / "second", {"VAR_DIR": str(fresh_site.var)})
    assert "another copy runs" in refused(second)


def test_a_wrong_setting_is_named(tmp_path: Path) -> None:
    assert "PORT" in refused(RunningSite(tmp_path, {"PORT": "eighty"}))


def test_a_database_that_cannot_be_reached(tmp_path: Path) -> None:
    url = "postgresql://nobody:wrong@127.0.0.1:1/nothing"
    line = refused(RunningSite(tmp_path, {"CLOUDRON_POSTGRESQL_URL": url}))
    assert "database" in line
    assert "wrong" not in line


def test_a_database_address_that_is_none(tmp_path: Path) -> None:
    assert "database" in refused(RunningSite(tmp_path, {"CLOUDRON_POSTGRESQL_URL": "foo"}))


def test_a_data_folder_of_another_version(fresh_site: RunningSite) -> None:
    fresh_site.start()
    fresh_site.stop()
    (fresh_site.var / "postgres").resolve().joinpath("PG_VERSION").write_text("17\n")
    assert "PostgreSQL 17" in refused(fresh_site)


def test_a_database_that_is_given_is_used(fresh_site: RunningSite, postgres: object) -> None:
    url = postgres.new_database()  # type: ignore[attr-defined]
    fresh_site.environment["CLOUDRON_POSTGRESQL_URL"] = url
    fresh_site.start()
    assert "postgres" not in fresh_site.processes()
    author = fresh_site.author("ada@example.org")
    rule = fresh_site.publish(author, small_document("Elsewhere"))
    assert fresh_site.read(f"/rules/{rule['slug']}/").status == 200


def test_without_nginx_it_says_so_and_works(fresh_site: RunningSite, tmp_path: Path) -> None:
    """nginx is looked for on PATH and in /usr/sbin, where it may be: the search itself must come back empty."""
    (tmp_path / "sitecustomize.py").write_text("import shutil\nshutil.which = lambda name, **options: None\n")
    fresh_site.environment["PYTHONPATH"] = str(tmp_path)
    fresh_site.start()
    assert "nginx is not installed" in fresh_site.output()
    author = fresh_site.author("ada@example.org")
    rule = fresh_site.publish(author, small_document("Without nginx"))
    assert fresh_site.read(f"/rules/{rule['slug']}/").status == 200


def test_on_cloudron_nothing_is_embedded_and_nothing_printed(fresh_site: RunningSite, postgres_18: object) -> None:
    fresh_site.environment |= {
        "CLOUDRON": "1",
        "CLOUDRON_POSTGRESQL_URL": postgres_18.new_database(),  # type: ignore[attr-defined]
        "SESSION_SECRET": "a secret that is long enough",
        "CLOUDRON_APP_ORIGIN": fresh_site.origin,
    }
    fresh_site.start()
    wait_until(lambda: fresh_site.read("/").status == 200)
    answer = fresh_site.client().send("POST", "/api/auth/magic-link/request", {"email": "ada@example.org"})
    assert (answer.status, answer.json["error"]["code"]) == (500, "server_misconfigured")  # there is no mail addon
    time.sleep(1.5)
    assert "token=" not in fresh_site.output()
    assert not (fresh_site.var / "mail").exists()
    assert not (fresh_site.var / "postgres").exists()
    assert not (fresh_site.var / "session-secret").exists()


def test_on_cloudron_it_boots_with_no_setting_at_all(fresh_site: RunningSite) -> None:
    fresh_site.environment["CLOUDRON"] = "1"
    fresh_site.start()
    answer = fresh_site.read("/api/health")
    assert (answer.status, answer.body) == (503, b'{"ok":false,"database":"disconnected"}')
    answer = fresh_site.client().send("POST", "/api/auth/magic-link/request", {"email": "ada@example.org"})
    assert answer.json["error"]["code"] in ("server_misconfigured", "db_unavailable")
