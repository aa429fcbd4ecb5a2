"""An export of rows: what the stock `pelican` command builds the site from, without a database.

NDJSON. The first line is `{"highest": {"library": n, …}}`, the highest place ever given in each listing; then one rule
a line: listed ones by place, then the others by slug.
"""

import json
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping
from pathlib import Path

from rulepages.listings import LIBRARY
from rulepages.rows import Card, Dated, Document, Rule
from rulepages.sources import WholeSource


def write_export(path: Path, source: WholeSource, highest: Mapping[str, int]) -> int:
    """Write an export, rule by rule; return how many there were."""
    count = 0
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.write(json.dumps({"highest": highest}) + "\n")
        for rule in source.rules():
            documents = (None if v.withdrawn_at else source.document(rule.slug, v.number) for v in rule.versions)
            file.write(rule.to_json(documents) + "\n")
            count += 1
    return count


class ExportSource:
    """The rows of an export. Cards are kept in memory; of the documents those of the last rule that `rules` gave."""

    def __init__(self, path: Path) -> None:
        self._path = path
        with path.open(encoding="utf-8", newline="\n") as file:
            self._highest: Mapping[str, int] = json.loads(file.readline())["highest"]
        self._slug, self._documents = "", list[Document | None]()
        self._cards: dict[str, list[Card]] = {}
        for rule in self.rules():
            for listing in rule.places:
                self._cards.setdefault(listing, []).append(rule.card(listing))
        for cards in self._cards.values():
            cards.sort(key=_place)

    def rules(self) -> Iterator[Rule]:
        with self._path.open(encoding="utf-8", newline="\n") as file:
            file.readline()
            for line in file:
                rule, self._documents = Rule.from_json(line)
                self._slug = rule.slug
                yield rule

    def document(self, slug: str, number: int) -> Document:
        document = self._documents[number - 1]
        assert slug == self._slug
        assert document is not None
        return document

    def newest(self, listing: str, count: int) -> list[Card]:
        return self._cards.get(listing, [])[::-1][:count]

    def between(self, listing: str, first: int, last: int) -> list[Card]:
        cards = self._cards.get(listing, [])
        return cards[bisect_left(cards, first, key=_place) : bisect_right(cards, last, key=_place)]

    def highest_place(self, listing: str) -> int:
        return self._highest.get(listing, 0)

    def listed_count(self, listing: str) -> int:
        return len(self._cards.get(listing, []))

    def dates_between(self, first: int, last: int) -> list[Dated]:
        return [Dated(card.slug, card.published_at) for card in self.between(LIBRARY, first, last)]


def _place(card: Card) -> int:
    return card.place
