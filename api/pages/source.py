"""A database snapshot as the page engine's source of rows."""

import json
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from typing import Any

from api.database import Transaction
from api.pages import queries
from rulepages.listing_pages import NEWEST_IN_FEED, NEWEST_IN_LISTING, NEWEST_IN_USE, NEWEST_ON_HOME
from rulepages.rows import Card, Dated, Document, Rule
from rulepages.rule_pages import NEWEST_ADAPTATIONS

NEWEST = max(NEWEST_IN_FEED, NEWEST_IN_LISTING, NEWEST_IN_USE, NEWEST_ON_HOME, NEWEST_ADAPTATIONS)


class SnapshotSource:
    """Rows of one REPEATABLE READ snapshot. What several pages of a batch share is asked for once."""

    def __init__(self, connection: Transaction) -> None:
        self._connection = connection
        self._rules: dict[str, Rule | None] = {}
        self._texts: dict[tuple[str, int], Document] = {}
        self._current: list[Rule] = []  # of a whole build: the rules at hand, and their texts once one is asked for
        self._current_texts: dict[tuple[str, int], str] = {}
        self._heads: dict[str, tuple[list[Card], int, int]] = {}

    def __enter__(self) -> "SnapshotSource":
        queries.begin_snapshot(self._connection)
        return self

    def __exit__(self, *error: Any) -> None:
        if not self._connection.closed:
            queries.end_snapshot(self._connection)

    def rules(self) -> Iterator[Rule]:
        for rules in queries.published_rules(self._connection):
            self._current, self._current_texts = rules, {}
            for rule in rules:
                self._texts.clear()
                yield rule
        self._current = []

    def rules_after(self, id: int, count: int) -> list[tuple[int, Rule]]:
        """Published rules with higher ids than this one, lowest first."""
        found = queries.rules_after(self._connection, id, count)
        self._current, self._current_texts = [rule for _, rule in found], {}
        return found

    def published_among(self, slugs: Sequence[str]) -> set[str]:
        return queries.published_among(self._connection, slugs)

    def rule(self, slug: str) -> Rule | None:
        if slug not in self._rules:
            found = queries.find_rule(self._connection, slug)
            self._rules[slug] = found[0] if found else None
            if found:
                self._texts[slug, found[0].current.number] = found[1]
        return self._rules[slug]

    def document(self, slug: str, number: int) -> Document:
        if (slug, number) not in self._texts:
            self._texts[slug, number] = self._text(slug, number)
        return self._texts[slug, number]

    def _text(self, slug: str, number: int) -> Document:
        """In a whole build many rules' texts are fetched at once, but only where a page has to be rendered at all."""
        if not self._current:
            return queries.find_document(self._connection, slug, number)
        if not self._current_texts:
            slugs = [rule.slug for rule in self._current]
            self._current_texts = queries.find_documents(self._connection, slugs)
        text: Document = json.loads(self._current_texts[slug, number])
        return text

    def load(self, listings: Iterable[str]) -> None:
        """Ask for the heads of several listings at once."""
        wanted = {name for name in listings if name not in self._heads}
        if wanted:
            found = queries.listing_heads(self._connection, sorted(wanted), NEWEST)
            self._heads |= {name: found.get(name, ([], 0, 0)) for name in wanted}

    def newest(self, listing: str, count: int) -> list[Card]:
        return self._head(listing)[0][:count]

    def between(self, listing: str, first: int, last: int) -> list[Card]:
        return queries.cards_between(self._connection, listing, first, last)

    def highest_place(self, listing: str) -> int:
        return self._head(listing)[1]

    def listed_count(self, listing: str) -> int:
        return self._head(listing)[2]

    def dates_between(self, first: int, last: int) -> list[Dated]:
        return queries.dates_between(self._connection, first, last)

    def highest_places(self) -> dict[str, int]:
        return queries.highest_places(self._connection)

    @cached_property
    def snapshot(self) -> str:
        """PostgreSQL's name for what is seen."""
        return queries.snapshot_name(self._connection)

    def _head(self, listing: str) -> tuple[list[Card], int, int]:
        self.load([listing])
        return self._heads[listing]
