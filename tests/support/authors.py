"""Authors who publish and revise without a break, and remember what was accepted."""

import http.client
import random
import threading
import time
from collections import Counter
from typing import Any

from tests.support.client import Answer, Client
from tests.support.documents import small_document
from tests.support.readers import Readers
from tests.support.running_site import RunningSite, wait_until

PATIENCE_SECONDS = 30


class Authors:
    """Threads, inside a block. Each has a few rules of its own and takes a new one now and then.

    `accepted` has, by slug, the highest version that was answered with 200: it must never be missing again. Edits have
    the same length, so that nothing but time tells two versions of a page apart. A live answer is told to the readers.
    """

    def __init__(self, site: RunningSite, count: int, *, readers: Readers | None = None, pause: float = 0.0) -> None:
        self._readers, self._pause = readers, pause
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self.accepted: dict[str, int] = {}
        self.states: Counter[str] = Counter()  # `live`, `pending`, or what else came back
        self.faults: list[str] = []
        self.slowest = 0.0
        signed_in = [site.author(f"author-{number}@example.org") for number in range(count)]
        self._threads = [
            threading.Thread(target=self._write, args=[author, number], name=f"author-{number}")
            for number, author in enumerate(signed_in)
        ]

    def __enter__(self) -> "Authors":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """No more requests; those on their way are waited for."""
        self._stopping.set()
        for thread in self._threads:
            thread.join()

    @property
    def count(self) -> int:
        """How many publishes were accepted so far."""
        return self.states["live"] + self.states["pending"]

    def wait_for_more(self, count: int = 1) -> None:
        """Until so many more publishes were accepted."""
        enough = self.count + count
        wait_until(lambda: self.count >= enough, PATIENCE_SECONDS)

    def _write(self, author: Client, number: int) -> None:
        chance = random.Random(number)
        mine: list[dict[str, Any]] = []
        round = 0
        while not self._stopping.is_set():
            round += 1
            document = small_document(f"Author {number} writes", values=[edit(number, round)])
            rule = chance.choice(mine) if mine and chance.random() < 0.7 else None
            try:
                changed = self._send(author, rule, document)
            except (OSError, http.client.HTTPException) as error:
                self._note(type(error).__name__)
                time.sleep(0.05)
            except Exception as error:  # an author who falls silent would make every test pass
                self.faults.append(repr(error))
                return
            else:
                if changed:
                    mine = [changed, *(one for one in mine if one["id"] != changed["id"])][:5]
            time.sleep(self._pause)

    def _send(self, author: Client, rule: dict[str, Any] | None, document: dict[str, Any]) -> dict[str, Any] | None:
        started = time.monotonic()
        if rule is None:
            answer = author.send("POST", "/api/rules", {"document": document})
        else:
            body = {"document": document, "reason": "Another word"}
            answer = author.send("PATCH", f"/api/rules/{rule['id']}", body)
        with self._lock:
            self.slowest = max(self.slowest, time.monotonic() - started)
        return self._take(answer)

    def _take(self, answer: Answer) -> dict[str, Any] | None:
        if answer.status != 200:
            self._note(str(answer.status))
            if answer.status != 503:
                self.faults.append(f"{answer.status}: {answer.body[:200]!r}")
            return None
        rule: dict[str, Any] = answer.json["rule"]
        with self._lock:
            self.states[answer.json["state"]] += 1
            self.accepted[rule["slug"]] = max(self.accepted.get(rule["slug"], 0), rule["version"])
        if self._readers:
            self._readers.accepted(rule, live=answer.json["state"] == "live")
        return rule

    def _note(self, what: str) -> None:
        with self._lock:
            self.states[what] += 1


def edit(author: int, round: int) -> dict[str, str]:
    """A value whose text has the same length in every round."""
    return {"own": "own-1", "title": "Care", "meaning": f"We look after each other, {author:03d} and {round:06d}."}
