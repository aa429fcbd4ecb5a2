"""The pages worker stopped (SIGSTOP) under ten publishers: everything else goes on, and nothing is lost."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from api.jobs.queries import STALE_HEARTBEAT_SECONDS
from tests.support.client import Answer, Client
from tests.support.documents import small_document
from tests.support.faults import stopped
from tests.support.full_build import HEAL_SECONDS, assert_exact, assert_published
from tests.support.readers import Readers, path_of
from tests.support.running_site import RunningSite, wait_until

PUBLISHERS = 10
AT_ONCE = 2.0  # what a person takes for "at once": nobody waits for a worker of which nothing has been heard
WITH_A_WAIT = 6.0  # the two seconds that a publish may wait for its page, on a busy machine


class Bystanders:
    """Ask for what does not need the worker, over and over, and keep the slowest answer."""

    def __init__(self, site: RunningSite) -> None:
        self._site, self._stopping = site, threading.Event()
        self.slowest: dict[str, float] = {}
        self.statuses: set[int] = set()
        self._threads = [
            threading.Thread(target=self._ask, args=[path]) for path in ("/api/health", "/api/templates", "/api/rules")
        ]

    def __enter__(self) -> "Bystanders":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        for thread in self._threads:
            thread.join()

    def _ask(self, path: str) -> None:
        client = self._site.client()
        while not self._stopping.is_set():
            started = time.monotonic()
            status = client.get(path).status
            self.slowest[path] = max(self.slowest.get(path, 0.0), time.monotonic() - started)
            self.statuses.add(status)
            time.sleep(0.02)


def publish(author: Client, name: str) -> tuple[Answer, float]:
    started = time.monotonic()
    answer = author.send("POST", "/api/rules", {"document": small_document(name)})
    return answer, time.monotonic() - started


def test_ten_publishers(fresh_site: RunningSite, workshop: Path) -> None:
    fresh_site.start()
    authors = [fresh_site.author(f"author-{number}@example.org") for number in range(PUBLISHERS)]
    before = fresh_site.publish(authors[0], small_document("Before"))
    worker = fresh_site.processes()["pages"]
    rules = []
    with Readers(fresh_site.origin, "/", "/rules/", path_of(before)) as readers, Bystanders(fresh_site) as bystanders:
        with stopped(worker), ThreadPoolExecutor(PUBLISHERS) as threads:
            frozen_at = time.monotonic()
            for patience in (WITH_A_WAIT, AT_ONCE):
                for answer, seconds in threads.map(publish, authors, [f"Within {patience}"] * PUBLISHERS):
                    assert (answer.status, answer.json["state"]) == (200, "pending"), answer
                    assert seconds < patience
                    rules.append(answer.json["rule"])
                # The next ten come when the worker has been silent for so long that nobody waits for it any more.
                time.sleep(max(0.0, frozen_at + STALE_HEARTBEAT_SECONDS + 0.5 - time.monotonic()))
            assert all(fresh_site.read(path_of(rule)).status == 404 for rule in rules), "the worker was not frozen"
        assert fresh_site.processes()["pages"] == worker
        for rule in rules:
            wait_until(lambda r=rule: fresh_site.read(path_of(r)).status == 200, HEAL_SECONDS)
    assert bystanders.statuses == {200}
    assert set(bystanders.slowest) == {"/api/health", "/api/templates", "/api/rules"}
    assert max(bystanders.slowest.values()) < AT_ONCE, bystanders.slowest
    readers.assert_content()
    readers.assert_never_away()
    tree = assert_exact(fresh_site, workshop / "pelican")
    assert_published(tree, {rule["slug"]: 1 for rule in rules})
    assert len(rules) == 2 * PUBLISHERS
