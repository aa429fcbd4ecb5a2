"""Readers and authors at work while a fault happens, and the promises that must hold when it is over."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.support.authors import Authors
from tests.support.full_build import assert_exact, assert_published
from tests.support.readers import Readers
from tests.support.running_site import RunningSite

PAGES = ("/", "/rules/", "/about/", "/feed.xml")


@dataclass(frozen=True)
class Load:
    readers: Readers
    authors: Authors


@contextmanager
def load(
    site: RunningSite, workshop: Path, *, authors: int = 2, pause: float = 0.01, pages: Sequence[str] = PAGES
) -> Iterator[Load]:
    """Inside the block people read and write. After it: nobody was given anything wrong, old pages were served
    throughout, no accepted publish is missing, and the tree is what a full build makes."""
    with Readers(site.origin, *pages) as readers, Authors(site, authors, readers=readers, pause=pause) as writing:
        yield Load(readers, writing)
    assert writing.faults == []
    assert writing.count > 0
    readers.assert_content()
    readers.assert_never_away()
    assert_published(assert_exact(site, workshop / "pelican"), writing.accepted)
