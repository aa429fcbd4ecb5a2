"""Two pages workers on one tree; two operators who rebuild; a release that starts while ten authors publish."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from api import ROOT
from api.app import open_parts
from api.database import connect
from api.pages.releases import BATCH, ReleaseBuild, catch_up_rounds
from api.pages.tree import Tree
from tests.conftest import config_for
from tests.support.cast import ADA, Stage
from tests.support.client import Client
from tests.support.documents import small_document
from tests.support.full_build import HEAL_SECONDS, config_of
from tests.support.load import load
from tests.support.postgres import PostgresServer
from tests.support.running_site import RunningSite, wait_until

AUTHORS = 10


@contextmanager
def second_worker(site: RunningSite, log: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """Another pages worker for the tree and the database of a running copy, which the launcher knows nothing of."""
    with log.open("wb") as words:
        process = subprocess.Popen(
            [sys.executable, "-m", "api", "pages-worker"],
            cwd=ROOT,
            env={**site.environment, "CLOUDRON_POSTGRESQL_URL": config_of(site).database_url},
            stderr=words,
        )
    try:
        wait_until(lambda: "standing by" in log.read_text())
        yield process
    finally:
        process.terminate()
        process.wait(10)


def written_bytes(pid: int) -> int:
    """What a process has handed to write calls since its start."""
    found = re.search(r"wchar: (\d+)", Path(f"/proc/{pid}/io").read_text())
    assert found is not None
    return int(found[1])


def working_pid(url: str) -> int:
    """The pages worker that beats."""
    with connect(url) as connection:
        row = connection.execute("SELECT details ->> 'pid' FROM worker WHERE name = 'pages'").fetchone()
    assert row is not None
    return int(row[0])


def publishes_live(author: Client) -> bool:
    answer = author.send("POST", "/api/rules", {"document": small_document("Is it live?")})
    return answer.status == 200 and answer.json["state"] == "live"


def test_two_workers(fresh_site: RunningSite, workshop: Path, times: Callable[[int, int], int]) -> None:
    fresh_site.start()
    ada = fresh_site.author("ada@example.org")
    url = config_of(fresh_site).database_url
    with load(fresh_site, workshop) as people:
        for round in range(times(1, 4)):
            with second_worker(fresh_site, workshop / f"second-{round}.log") as second:
                first = fresh_site.processes()["pages"]
                idle, busy = written_bytes(second.pid), written_bytes(first)
                people.authors.wait_for_more(20)
                assert written_bytes(second.pid) == idle
                assert written_bytes(first) > busy
                assert working_pid(url) == first
                os.kill(first, signal.SIGKILL)
                wait_until(lambda pid=second.pid: working_pid(url) == pid, HEAL_SECONDS)
                wait_until(lambda: publishes_live(ada), HEAL_SECONDS)
                wait_until(lambda pid=first: fresh_site.processes().get("pages", pid) != pid)
                third = fresh_site.processes()["pages"]  # the launcher's new one, which stands by in its turn
                assert working_pid(url) == second.pid
                second.kill()
                wait_until(lambda pid=third: working_pid(url) == pid, HEAL_SECONDS)
                wait_until(lambda: publishes_live(ada), HEAL_SECONDS)


def test_releases_while_ten_authors_publish(
    fresh_site: RunningSite, workshop: Path, times: Callable[[int, int], int]
) -> None:
    """Two operators at once, again and again. No publish is lost, and one tree is served, equal to a full build."""
    fresh_site.start()
    releases: list[str] = []
    during: list[int] = []
    rounds = times(2, 30)
    with load(fresh_site, workshop, authors=AUTHORS, pause=0.3) as people:
        for _ in range(rounds):
            people.authors.wait_for_more(AUTHORS)
            accepted = people.authors.count
            releases += both_rebuild(fresh_site)
            during.append(people.authors.count - accepted)
    assert set(people.authors.states) <= {"live", "pending"}
    assert min(during) >= AUTHORS
    assert len(set(releases)) >= rounds
    served = os.readlink(fresh_site.build / "current").split("/")[1]
    kept = {path.name for path in (fresh_site.build / "releases").iterdir() if path.is_dir()}
    assert served == max(kept)
    assert len(kept) == 2


def both_rebuild(site: RunningSite) -> list[str]:
    """Two operators' commands at the same time; the releases that they were told of."""
    results: list[subprocess.CompletedProcess[str]] = []
    commands = [threading.Thread(target=lambda: results.append(site.command("rebuild", "--json"))) for _ in range(2)]
    for command in commands:
        command.start()
    for command in commands:
        command.join()
    assert [result.returncode for result in results] == [0, 0], results
    return [json.loads(result.stdout)["release"] for result in results]


def test_a_release_ends_although_authors_are_faster(postgres_18: PostgresServer, build: Path, tmp_path: Path) -> None:
    """More than a batch is published during every round of catching up: the rounds must end all the same."""
    config = config_for(postgres_18.new_database(), build, tmp_path)
    parts = open_parts(config)
    ada = Stage.of(parts).signed_in(ADA)

    def publish_more_than_a_batch() -> None:
        for number in range(BATCH + 1):
            answer = ada.simulate_post("/api/rules", json={"document": small_document(f"Rule {number}")})
            assert answer.status_code == 200

    rounds: list[int] = []
    with connect(config.database_url) as connection:
        release = ReleaseBuild(config, Tree(config.build), lambda progress: None)
        release.build(connection)
        publish_more_than_a_batch()
        for jobs in catch_up_rounds(release, connection):
            rounds.append(jobs)
            publish_more_than_a_batch()
        release.abandon()
    parts.close()
    assert rounds == [BATCH + 1, BATCH + 1]
