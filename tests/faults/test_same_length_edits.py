"""Two versions of one length, within one second and across a switch: nobody is told that nothing has changed.

nginx's ETag is the second of a file's time and its size. Readers hold what they read and ask with its validators.
"""

import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.authors import edit
from tests.support.client import Answer, Client
from tests.support.documents import small_document
from tests.support.full_build import HEAL_SECONDS, assert_exact, version_on
from tests.support.readers import ENCODINGS, Readers, path_of
from tests.support.running_site import RunningSite, wait_until

Rule = dict[str, Any]
NAME = "Of one length"


class Holder:
    """Somebody who has read a page, in one encoding, and asks whether it has changed since."""

    def __init__(self, site: RunningSite, path: str, encoding: str) -> None:
        self._client, self._path, self._encoding = site.client(), path, encoding
        self.page = self._ask()

    def refresh(self, version: int) -> None:
        """The next version must come, whichever way one asks; it is kept."""
        held = self.page
        for condition in (
            {"If-None-Match": held.headers["etag"]},
            {"If-Modified-Since": held.headers["last-modified"]},
        ):
            answer = self._ask(**condition)
            assert answer.status == 200, f"{condition}: nothing new, although version {version} is live"
            assert f'data-version="{version}"' in answer.text
            self.page = answer
        if len(str(version)) == len(str(version - 1)):
            assert len(self.page.text) == len(held.text)  # or the size alone would tell them apart
        assert self._ask(**{"If-None-Match": self.page.headers["etag"]}).status == 304

    def _ask(self, **headers: str) -> Answer:
        return self._client.get(self._path, Accept_Encoding=self._encoding, **headers)


def begin(site: RunningSite, author: Client) -> Rule:
    """A rule in its second version: only the first one's page is shorter, for it says nothing of changes."""
    return revise(author, site.publish(author, small_document(NAME, values=[edit(1, 0)])), 1)


def revise(author: Client, rule: Rule, round: int) -> Rule:
    body = {"document": small_document(NAME, values=[edit(1, round)]), "reason": f"For the {round:06d}th time"}
    answer = author.send("PATCH", f"/api/rules/{rule['id']}", body)
    assert answer.status == 200, answer
    changed: Rule = answer.json["rule"]
    if answer.json["state"] == "pending":  # a busy machine
        wait_until(lambda: version_on(author.get(path_of(rule)).body) == changed["version"], HEAL_SECONDS)
    return changed


def test_within_one_second(fresh_site: RunningSite, workshop: Path, times: Callable[[int, int], int]) -> None:
    """As fast as they can be published, some twenty in a second: file times run ahead of the clock."""
    fresh_site.start()
    author = fresh_site.author("ada@example.org")
    rule = begin(fresh_site, author)
    page = fresh_site.build / "current" / "rules" / rule["slug"] / "index.html"
    moments = [page.stat().st_mtime]
    with Readers(fresh_site.origin, "/", "/rules/") as readers:
        readers.accepted(rule, live=True)
        for round in range(2, 9):
            holders = [Holder(fresh_site, path_of(rule), encoding) for encoding in ENCODINGS]
            rule = revise(author, rule, round)
            readers.accepted(rule, live=True)
            for holder in holders:
                holder.refresh(rule["version"])
            moments.append(page.stat().st_mtime)
    readers.assert_content(requests=10)
    assert moments == sorted(set(moments))
    assert_exact(fresh_site, workshop / "pelican")


def test_across_a_switch(fresh_site: RunningSite, workshop: Path, times: Callable[[int, int], int]) -> None:
    """Revised without a break while release after release is built, catches up and is switched to."""
    fresh_site.start()
    author = fresh_site.author("ada@example.org")
    rule = begin(fresh_site, author)
    holders = [Holder(fresh_site, path_of(rule), encoding) for encoding in ENCODINGS]
    releases = {os.readlink(fresh_site.build / "current")}
    round = 1
    with Readers(fresh_site.origin, "/", "/rules/", path_of(rule)) as readers:
        for _ in range(times(3, 50)):
            rebuilding = threading.Thread(target=fresh_site.command, args=["rebuild"])
            rebuilding.start()
            while rebuilding.is_alive():
                round += 1
                rule = revise(author, rule, round)
                readers.accepted(rule, live=True)
                for holder in holders:
                    holder.refresh(rule["version"])
            rebuilding.join()
            releases.add(os.readlink(fresh_site.build / "current"))
    assert len(releases) == times(3, 50) + 1
    readers.assert_content()
    readers.assert_never_away()
    assert_exact(fresh_site, workshop / "pelican")


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_revised_while_it_was_taken_back(fresh_site: RunningSite, encoding: str) -> None:
    """The old file is gone by the time the new one is written, perhaps within the same second."""
    fresh_site.start()
    author = fresh_site.author("ada@example.org")
    rule = begin(fresh_site, author)
    for round in range(2, 9):
        holder = Holder(fresh_site, path_of(rule), encoding)
        address = f"/api/rules/{rule['id']}/publication"
        assert author.send("DELETE", address).status == 200
        body = {"document": small_document(NAME, values=[edit(1, round)]), "reason": f"For the {round:06d}th time"}
        assert author.send("PATCH", f"/api/rules/{rule['id']}", body).status == 200
        assert author.send("PUT", address).status == 200
        wait_until(lambda: fresh_site.read(path_of(rule)).status == 200, HEAL_SECONDS)
        holder.refresh(round + 1)
