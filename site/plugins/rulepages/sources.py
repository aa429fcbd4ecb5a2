"""What pages ask of the rows. A database snapshot answers in the pages worker, an export in the stock `pelican`."""

from collections.abc import Iterator
from typing import Protocol

from rulepages.rows import Card, Dated, Document, Rule


class Listings(Protocol):
    """What listing pages ask for; `listing` is a name as in `rulepages.listings`."""

    def newest(self, listing: str, count: int) -> list[Card]:
        """Rules by place, highest first."""

    def between(self, listing: str, first: int, last: int) -> list[Card]:
        """Rules by place, lowest first, both ends included."""

    def highest_place(self, listing: str) -> int:
        """The highest place ever given, 0 at first."""

    def listed_count(self, listing: str) -> int: ...

    def dates_between(self, first: int, last: int) -> list[Dated]:
        """Of the library's rules by place the address and date only."""


class Texts(Listings, Protocol):
    """What the pages of a rule ask for when they are rendered."""

    def document(self, slug: str, number: int) -> Document:
        """The text of a version that was not withdrawn. During `WholeSource.rules`, of the rule that it gave last."""


class WholeSource(Texts, Protocol):
    """What a full build asks for."""

    def rules(self) -> Iterator[Rule]:
        """Every published rule: listed ones by place, then unlisted ones by slug."""


class Source(Texts, Protocol):
    """What a single page asks for."""

    def rule(self, slug: str) -> Rule | None:
        """One published rule."""
