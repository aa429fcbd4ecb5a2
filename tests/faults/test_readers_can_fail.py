"""The readers of these tests see what they are there to see: pages are damaged by hand under their eyes."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.authors import edit
from tests.support.documents import small_document
from tests.support.readers import Readers
from tests.support.running_site import RunningSite, wait_until


def put(page: Path, body: bytes, *, moment: float | None = None) -> None:
    """Replace a page whole, as the worker does, with a time of one's choice."""
    aside = page.with_name("aside")
    aside.write_bytes(body)
    moment = page.stat().st_mtime + 1 if moment is None else moment
    os.utime(aside, (moment, moment))
    aside.replace(page)


def half(page: Path, older: bytes) -> None:
    put(page, page.read_bytes()[:-20])


def older_version(page: Path, older: bytes) -> None:
    put(page, older)


def same_second(page: Path, older: bytes) -> None:
    put(page, page.read_bytes().replace(b"look after", b"LOOK AFTER"), moment=page.stat().st_mtime)


def wrong_hash(page: Path, older: bytes) -> None:
    put(page, page.read_bytes().replace(b'data-sha256="', b'data-sha256="' + b"0" * 64 + b'" data-was="'))


def missing(page: Path, older: bytes) -> None:
    page.unlink()


DAMAGES: dict[Callable[[Path, bytes], None], str] = {
    half: "half a page",
    older_version: "version 2 after version 3",
    same_second: "stands for two bodies",
    wrong_hash: "with the hash of another",
    missing: "404",
}


@pytest.fixture(scope="module")
def damaged_site(tmp_path_factory: pytest.TempPathFactory) -> Any:
    site = RunningSite(tmp_path_factory.mktemp("damaged")).start()
    yield site
    site.close()


def revised(site: RunningSite) -> tuple[list[dict[str, Any]], Path, bytes]:
    """A rule in three versions, its page's file, and the bytes that it had in version 2."""
    author = site.author("ada@example.org")
    rules = [site.publish(author, small_document("Damaged", values=[edit(0, 0)]))]
    page = site.build / "current" / "rules" / rules[0]["slug"] / "index.html"
    older = b""
    for round in (1, 2):
        older = page.read_bytes()
        body = {"document": small_document("Damaged", values=[edit(0, round)]), "reason": "Another word"}
        answer = author.send("PATCH", f"/api/rules/{rules[0]['id']}", body)
        assert answer.json["state"] == "live"
        rules.append(answer.json["rule"])
    return rules, page, older


@pytest.mark.parametrize("damage", DAMAGES)
def test_they_see_it(damaged_site: RunningSite, damage: Callable[[Path, bytes], None]) -> None:
    rules, page, older = revised(damaged_site)
    with Readers(damaged_site.origin) as readers:
        for rule in rules:
            readers.accepted(rule, live=True)
        wait_until(lambda: readers.seen["304"] > 4)
        assert readers.faults == []
        damage(page, older)
        wait_until(lambda: readers.faults)
    assert any(DAMAGES[damage] in fault for fault in readers.faults), readers.faults[:5]


def test_they_see_what_was_taken_back(damaged_site: RunningSite) -> None:
    rules, _, _ = revised(damaged_site)
    with Readers(damaged_site.origin) as readers:
        readers.gone(rules[-1])  # which is not true
        wait_until(lambda: readers.faults)
    assert "although it was taken back" in readers.faults[0]


def test_they_see_that_nobody_is_there(damaged_site: RunningSite) -> None:
    ready = damaged_site.build / ".ready"
    rules, _, _ = revised(damaged_site)
    with Readers(damaged_site.origin) as readers:
        readers.accepted(rules[-1], live=True)
        ready.unlink()
        try:
            wait_until(lambda: readers.away)
        finally:
            ready.touch()
    assert "503" in readers.away[0]
