"""Unpublish beats publish: what an author took back stays hidden, whatever the pages worker was about to do."""

import random
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.authors import Authors
from tests.support.client import Client
from tests.support.documents import small_document
from tests.support.faults import strace
from tests.support.full_build import assert_exact, config_of, open_jobs, wait_until_settled
from tests.support.readers import Readers, path_of
from tests.support.running_site import RunningSite, wait_until

PAUSE_SECONDS = 1.2  # shorter than the API's patience with a row that somebody holds
PAUSES = {
    # Its snapshot says that the rule is published, and it is about to see whether a tombstone stands.
    "before it looks": "newfstatat,stat,statx,access,faccessat2",
    # It has looked, holds the rule's row, and is about to unlink.
    "before it unlinks": "unlink,unlinkat",
}
Rule = dict[str, Any]


@pytest.mark.parametrize("moment", PAUSES)
def test_taken_back_while_the_worker_is_about_to_lift(fresh_site: RunningSite, workshop: Path, moment: str) -> None:
    """Unpublish, restore, and, while the restoring worker is held up just before its last step, unpublish."""
    fresh_site.start()
    author = fresh_site.author("ada@example.org")
    rule = fresh_site.publish(author, small_document("Taken back"))
    url = config_of(fresh_site).database_url
    tombstone = str(fresh_site.build / "gone" / rule["slug"])
    calls = PAUSES[moment]
    pause = f"inject={calls}:delay_enter={int(PAUSE_SECONDS * 1e6)}:when=1"
    for _ in range(3):
        take_back(author, rule)
        wait_until_settled(url)
        with strace(fresh_site.processes()["pages"], workshop, calls, "-P", tombstone, "-e", pause) as tracer:
            restoring = threading.Thread(target=restore, args=[author, rule])
            restoring.start()
            wait_until(tracer.lines)  # it has entered the call and is held there
            assert not tracer.delayed()
            take_back(author, rule)
            while open_jobs(url):
                assert fresh_site.read(path_of(rule)).status == 410
            restoring.join()
            assert tracer.delayed()
        assert fresh_site.read(path_of(rule)).status == 410
        assert fresh_site.read(f"{path_of(rule)}v/1/").status == 410
    tree = assert_exact(fresh_site, workshop / "pelican")
    assert not [path for path in tree if path.startswith(f"rules/{rule['slug']}/")]
    assert restore(author, rule)
    assert fresh_site.read(path_of(rule)).status == 200


def test_it_never_comes_back(
    fresh_site: RunningSite, workshop: Path, times: Callable[[int, int], int], chance: random.Random
) -> None:
    """Taken back while its own next version, other publishes and rebuilds are on their way; read all the time."""
    fresh_site.start()
    author = fresh_site.author("ada@example.org")
    trials = times(100, 1000)
    rebuilds: list[int] = []
    finished = threading.Event()

    def rebuild() -> None:
        while not finished.is_set():
            rebuilds.append(fresh_site.command("rebuild").returncode)

    rebuilding = threading.Thread(target=rebuild)
    with Readers(fresh_site.origin, "/", "/rules/") as readers, Authors(fresh_site, 2, readers=readers, pause=0.02):
        rebuilding.start()
        try:
            rules = [take_back_in_the_middle(author, readers, trial, chance) for trial in range(trials)]
        finally:
            finished.set()
            rebuilding.join()
        assert fresh_site.command("rebuild").returncode == 0
        for rule in rules:
            assert fresh_site.read(path_of(rule)).status == 410
    readers.assert_content()
    readers.assert_never_away()
    assert readers.seen["410"] > trials
    assert set(rebuilds) == {0}
    assert len(rebuilds) >= 3
    tree = assert_exact(fresh_site, workshop / "pelican")
    hidden = {rule["slug"] for rule in rules}
    assert len(hidden) == trials
    assert not [path for path in tree if path.startswith("rules/") and path.split("/")[1] in hidden]


def take_back_in_the_middle(author: Client, readers: Readers, trial: int, chance: random.Random) -> Rule:
    """Publish a rule; then, while its next version or its restoring is on its way, take it back for good."""
    answer = author.send("POST", "/api/rules", {"document": small_document(f"Trial {trial:04d}")})
    rule: Rule = answer.json["rule"]
    readers.changing(rule)
    restored = chance.random() < 0.5
    if restored:
        take_back(author, rule)
        other = threading.Thread(target=restore, args=[author, rule])
    else:
        other = threading.Thread(target=revise, args=[author, rule, trial])
    other.start()
    time.sleep(chance.random() * 0.03)  # what the worker is at by then is left to chance
    take_back(author, rule)
    if restored:
        other.join()  # only now it is sure which of the two came last
        take_back(author, rule)
    readers.gone(rule)
    assert author.get(path_of(rule)).status == 410
    other.join()
    return rule


def take_back(author: Client, rule: Rule) -> None:
    """Unpublish, as often as it takes: while the worker holds the row, the author may be asked to try again."""
    wait_until(lambda: author.send("DELETE", f"/api/rules/{rule['id']}/publication").status == 200)


def restore(author: Client, rule: Rule) -> bool:
    """Whether it was live when it was answered."""
    state: str = author.send("PUT", f"/api/rules/{rule['id']}/publication").json.get("state", "")
    return state == "live"


def revise(author: Client, rule: Rule, trial: int) -> None:
    body = {"document": small_document(f"Again {trial:04d}"), "reason": "On its way"}
    author.send("PATCH", f"/api/rules/{rule['id']}", body)
