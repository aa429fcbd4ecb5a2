"""An export of rows: what the stock `pelican` command builds the site from, without a database.

NDJSON. The first line is `{"highest_place": n}`; then one rule a line: listed ones by place, then the others by slug.
"""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from rulepages.rows import Card, Dated, Rule


def write_export(path: Path, rules: Iterable[Rule], highest_place: int) -> int:
    """Write an export, rule by rule; return how many there were."""
    count = 0
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.write(json.dumps({"highest_place": highest_place}) + "\n")
        for rule in rules:
            file.write(rule.to_json() + "\n")
            count += 1
    return count


class ExportSource:
    """The rows of an export. Cards are kept in memory, documents are read as they are asked for."""

    def __init__(self, path: Path) -> None:
        self._path = path
        with path.open(encoding="utf-8", newline="\n") as file:
            self._highest: int = json.loads(file.readline())["highest_place"]
        self._cards = [card for rule in self.rules() if (card := rule.card)]

    def rules(self) -> Iterator[Rule]:
        with self._path.open(encoding="utf-8", newline="\n") as file:
            file.readline()
            for line in file:
                yield Rule.from_json(line)

    def newest(self, count: int) -> list[Card]:
        return self._cards[::-1][:count]

    def between(self, first: int, last: int) -> list[Card]:
        return [card for card in self._cards if first <= card.place <= last]

    def dates_between(self, first: int, last: int) -> list[Dated]:
        return [Dated(card.slug, card.published_at) for card in self.between(first, last)]

    def highest_place(self) -> int:
        return self._highest

    def listed_count(self) -> int:
        return len(self._cards)
