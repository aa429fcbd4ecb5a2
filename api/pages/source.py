"""A database snapshot as the page engine's source of rows."""

from collections.abc import Iterator
from functools import cached_property
from typing import Any

from api.database import Transaction
from api.pages import queries
from rulepages.pages import NEWEST_IN_FEED, NEWEST_IN_LIBRARY, NEWEST_ON_HOME
from rulepages.rows import Card, Dated, Document, Rule

NEWEST = max(NEWEST_IN_FEED, NEWEST_IN_LIBRARY, NEWEST_ON_HOME)


class SnapshotSource:
    """Rows of one REPEATABLE READ snapshot. What several pages of a batch share is asked for once."""

    def __init__(self, connection: Transaction) -> None:
        self._connection = connection
        self._rules: dict[str, Rule | None] = {}
        self._between: dict[tuple[int, int], list[Card]] = {}

    def __enter__(self) -> "SnapshotSource":
        queries.begin_snapshot(self._connection)
        return self

    def __exit__(self, *error: Any) -> None:
        if not self._connection.closed:
            queries.end_snapshot(self._connection)

    def rules(self) -> Iterator[Rule]:
        return queries.published_rules(self._connection)

    def rule(self, slug: str) -> Rule | None:
        if slug not in self._rules:
            self._rules[slug] = queries.find_rule(self._connection, slug)
        return self._rules[slug]

    def document(self, slug: str, number: int) -> Document:
        return queries.find_document(self._connection, slug, number)

    def newest(self, count: int) -> list[Card]:
        return self._head[0][:count]

    def between(self, first: int, last: int) -> list[Card]:
        if (first, last) not in self._between:
            self._between[first, last] = queries.cards_between(self._connection, first, last)
        return self._between[first, last]

    def dates_between(self, first: int, last: int) -> list[Dated]:
        return queries.dates_between(self._connection, first, last)

    def highest_place(self) -> int:
        return self._head[1]

    def listed_count(self) -> int:
        return self._head[2]

    @cached_property
    def snapshot(self) -> str:
        """PostgreSQL's name for what is seen."""
        return queries.snapshot_name(self._connection)

    @cached_property
    def _head(self) -> tuple[list[Card], int, int]:
        return queries.library_head(self._connection, NEWEST)
