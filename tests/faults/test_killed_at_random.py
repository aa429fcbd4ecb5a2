"""kill -9 of the API, the workers and the launcher, at moments left to chance, while authors publish."""

import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from tests.support.authors import Authors
from tests.support.faults import family
from tests.support.full_build import HEAL_SECONDS, assert_exact, assert_published, version_on
from tests.support.load import load
from tests.support.readers import Readers
from tests.support.running_site import RunningSite, is_alive, wait_until

VICTIMS = ("api", "pages", "errands")
RESTARTS = 4  # of one process in a minute: at the fifth the launcher gives up
MINUTE = 61.0


def test_children_killed_under_load(
    fresh_site: RunningSite, workshop: Path, times: Callable[[int, int], int], chance: random.Random
) -> None:
    fresh_site.start()
    killed: Counter[str] = Counter()
    rounds = times(1, 10)
    with load(fresh_site, workshop, authors=3) as people:
        for round in range(rounds):
            started = time.monotonic()
            for name in chance.sample(VICTIMS * RESTARTS, k=len(VICTIMS) * RESTARTS):
                time.sleep(chance.random() * 0.4)
                kill_and_wait(fresh_site, name)
                killed[name] += 1
                people.authors.wait_for_more()
            if round + 1 < rounds:
                time.sleep(max(0.0, MINUTE - (time.monotonic() - started)))
        people.authors.stop()
        assert_all_can_be_read(fresh_site, people.authors.accepted)
    assert killed == dict.fromkeys(VICTIMS, rounds * RESTARTS)
    for name in VICTIMS:
        assert fresh_site.output().count(f"{name} ended (exit code -9); starting it again.") == killed[name]


def test_the_launcher_killed_under_load(
    fresh_site: RunningSite, workshop: Path, times: Callable[[int, int], int], chance: random.Random
) -> None:
    """All ends with it, the web server and the database too; started again, everything accepted is there."""
    fresh_site.start()
    with Readers(fresh_site.origin, "/", "/rules/", "/about/") as readers:
        with Authors(fresh_site, 3, readers=readers, pause=0.005) as authors:
            for _ in range(times(2, 20)):
                time.sleep(chance.random())
                authors.wait_for_more()
                assert fresh_site.process is not None
                children = family(fresh_site.process.pid)
                assert fresh_site.stop(signal.SIGKILL) == -signal.SIGKILL
                wait_until(lambda all=children: not any(is_alive(pid) for pid in all))
                fresh_site.log.unlink()
                fresh_site.start()
                authors.wait_for_more()
        assert_all_can_be_read(fresh_site, authors.accepted)
        assert readers.away, "the web server did not end with the launcher"
        readers.away.clear()
        assert_all_can_be_read(fresh_site, authors.accepted)
    assert authors.faults == []
    readers.assert_content()
    readers.assert_never_away()
    assert_published(assert_exact(fresh_site, workshop / "pelican"), authors.accepted)


def kill_and_wait(site: RunningSite, name: str) -> None:
    """kill -9, and wait until the launcher has started it again."""
    before = site.processes()[name]
    os.kill(before, signal.SIGKILL)
    wait_until(lambda: site.processes_or_none().get(name, before) != before)


def assert_all_can_be_read(site: RunningSite, accepted: dict[str, int]) -> None:
    """Within the time in which the product promises to heal, counted for all of them together."""
    deadline = time.monotonic() + HEAL_SECONDS
    assert accepted
    for slug, number in accepted.items():
        wait_until(lambda s=slug, n=number: can_be_read(site, s, n), deadline - time.monotonic())


def can_be_read(site: RunningSite, slug: str, number: int) -> bool:
    return version_on(site.read(f"/rules/{slug}/").body) >= number
