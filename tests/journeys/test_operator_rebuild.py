"""An operator rebuilds while readers read and authors publish: no request fails, nothing is lost."""

import json
import os
import shutil
import threading
from collections import Counter
from pathlib import Path

from api import ROOT
from tests.support.cast import OLGA
from tests.support.documents import small_document
from tests.support.meanwhile import meanwhile
from tests.support.running_site import RunningSite, wait_until


def release_of(site: RunningSite) -> str:
    return os.readlink(site.build / "current")


def test_a_rebuild_is_not_noticed(fresh_site: RunningSite) -> None:
    fresh_site.start()
    author = fresh_site.author(OLGA)  # who may publish as often as the rebuild takes
    first = fresh_site.publish(author, small_document("Before"))
    before, worker = release_of(fresh_site), fresh_site.processes()["pages"]
    wait_until(lambda: first["slug"] in fresh_site.read("/sitemap-1.xml").text)  # it follows within a second
    slugs: list[str] = []
    seen: Counter[int] = Counter()
    torn: list[str] = []

    def read() -> None:
        for path in ("/", "/rules/", f"/rules/{first['slug']}/", "/feed.xml", "/sitemap-1.xml"):
            answer = fresh_site.read(path)
            seen[answer.status] += 1
            if not answer.body.rstrip().endswith((b"</html>", b"</feed>", b"</urlset>")):
                torn.append(f"{path}: {answer.body[-80:]!r}")

    with meanwhile(read, threads=3):
        command = threading.Thread(target=lambda: reports.append(fresh_site.command("rebuild", "--json")))
        reports: list[object] = []
        command.start()
        while command.is_alive():
            answer = author.send("POST", "/api/rules", {"document": small_document(f"During {len(slugs)}")})
            assert answer.status == 200
            slugs.append(answer.json["rule"]["slug"])
        command.join()
    assert torn == []
    assert set(seen) == {200}
    assert seen[200] > 50
    report = json.loads(reports[0].stdout)  # type: ignore[attr-defined]
    assert release_of(fresh_site) == f"releases/{report['release']}" != before
    assert fresh_site.processes()["pages"] != worker
    wait_until(lambda: all(fresh_site.read(f"/rules/{slug}/").status == 200 for slug in slugs))
    check = fresh_site.command("rebuild", "--check")
    assert check.returncode == 0, check.stdout + check.stderr
    status = fresh_site.command("status", "--json")
    assert json.loads(status.stdout)["problems"] == []
    assert json.loads(status.stdout)["check"]["drift"] is False
    # The new generation goes on publishing at once.
    after = fresh_site.publish(author, small_document("After"))
    assert fresh_site.read(f"/rules/{after['slug']}/").status == 200
    assert author.send("DELETE", f"/api/rules/{after['id']}/publication").status == 200
    assert fresh_site.read(f"/rules/{after['slug']}/").status == 410


def test_two_rebuilds_at_once_both_end_well(fresh_site: RunningSite) -> None:
    fresh_site.start()
    outcomes: list[int] = []
    commands = [
        threading.Thread(target=lambda: outcomes.append(fresh_site.command("rebuild").returncode)) for _ in range(2)
    ]
    for command in commands:
        command.start()
    for command in commands:
        command.join()
    assert outcomes == [0, 0]
    assert len([path for path in (fresh_site.build / "releases").iterdir() if path.is_dir()]) == 2


def test_an_operator_asks_by_the_api(fresh_site: RunningSite) -> None:
    fresh_site.start()
    before = release_of(fresh_site)
    answer = fresh_site.author(OLGA).send("POST", "/api/operator/rebuild", {})
    assert answer.status == 202
    wait_until(lambda: release_of(fresh_site) != before, 20)
    assert fresh_site.read("/").status == 200


def test_a_release_that_fails_leaves_the_live_one_alone(fresh_site: RunningSite) -> None:
    seed_data = fresh_site.folder / "seed_data"
    shutil.copytree(ROOT / "seed_data", seed_data)
    fresh_site.environment["SEED_DATA_DIR"] = str(seed_data)
    fresh_site.start()
    before = release_of(fresh_site)
    (seed_data / "values.toml").write_text("this is not TOML")
    result = fresh_site.command("rebuild")
    assert result.returncode == 1
    assert "the live one stays" in result.stderr
    assert "values.toml" in result.stderr
    assert release_of(fresh_site) == before
    assert fresh_site.read("/").status == 200
    author = fresh_site.author("ada@example.org")
    rule = fresh_site.publish(author, small_document("Still works"))
    assert fresh_site.read(f"/rules/{rule['slug']}/").status == 200
    assert [path.name for path in (fresh_site.build / "releases").iterdir() if path.is_dir()] == [before.split("/")[1]]


def test_drift_is_found_and_healed(fresh_site: RunningSite) -> None:
    fresh_site.start()
    author = fresh_site.author("ada@example.org")
    rule = fresh_site.publish(author, small_document("Damaged"))
    page = fresh_site.build / "current" / "rules" / rule["slug"] / "index.html"
    page.write_bytes(page.read_bytes().replace(b"Damaged", b"damaged"))
    (fresh_site.build / "current" / "about" / "index.html").unlink()
    (fresh_site.build / "current" / "stray.html").write_text("stray")
    check = fresh_site.command("rebuild", "--check", "--json")
    assert check.returncode == 1
    found = json.loads(check.stdout)
    assert found["damaged"] == [f"rules/{rule['slug']}/index.html"]
    assert found["missing"] == ["about/index.html"]
    assert found["unexpected"] == ["stray.html"]
    assert fresh_site.command("status").returncode == 1
    assert fresh_site.command("rebuild").returncode == 0
    assert fresh_site.command("rebuild", "--check").returncode == 0
    assert b"Damaged" in fresh_site.read(f"/rules/{rule['slug']}/").body


def test_a_deleted_build_folder_is_made_again(fresh_site: RunningSite, tmp_path: Path) -> None:
    fresh_site.start()
    author = fresh_site.author("ada@example.org")
    rule = fresh_site.publish(author, small_document("Kept in rows"))
    gone = fresh_site.publish(author, small_document("Taken back"))
    author.send("DELETE", f"/api/rules/{gone['id']}/publication")
    fresh_site.build.rename(tmp_path / "deleted")  # a removal that takes time would race with the healing
    wait_until(lambda: fresh_site.read(f"/rules/{rule['slug']}/").status == 200, 30)
    wait_until(lambda: fresh_site.read(f"/rules/{gone['slug']}/").status == 410)
