"""TOML read strictly: each value by its name and its type. What does not fit is a BadFile that names file and line."""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from rulepages.headers import HEADER_LINE, BadFile, parse_toml, read_text, split_file

ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
HEADING = re.compile(r"\s*(\[\[?)\s*([A-Za-z0-9_.\s-]+?)\s*\]\]?\s*(?:#.*)?$")
KEY = re.compile(r"\s*([A-Za-z0-9_-]+)\s*=")
T = TypeVar("T")

Steps = tuple[str | int, ...]  # where a value stands: ("facet", 2, "value", 0, "id")


def read_table(path: Path) -> "Table":
    """A TOML file."""
    return _table(path, read_text(path), 1)


def read_header(path: Path) -> tuple["Table", str]:
    """The header of a Markdown file, and its body."""
    header, body = split_file(path)
    return _table(path, header, HEADER_LINE), body


def _table(path: Path, text: str, first_line: int) -> "Table":
    return Table(parse_toml(path, text, first_line), path, find_lines(text, first_line), ())


class Table:
    """One table of a file. `done()` refuses whatever has not been read by then."""

    def __init__(self, data: Mapping[str, Any], path: Path, lines: Mapping[Steps, int], steps: Steps) -> None:
        self._data, self._path, self._lines, self._steps = data, path, lines, steps
        self._read: set[str] = set()

    def text(self, key: str) -> str:
        return self._value(key, str, "a text")

    def id(self, key: str = "id") -> str:
        value = self.text(key)
        if not ID.fullmatch(value):
            raise self.bad(f"{key} is {value!r}: give lower-case words joined by hyphens", key)
        return value

    def number(self, key: str, default: int | None = None) -> int:
        if default is not None and key not in self._data:
            return default
        value = self._value(key, int, "a whole number")
        if isinstance(value, bool):
            raise self.bad(f"{key} is not a whole number", key)
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of texts, none of them twice."""
        values = self._value(key, list, "a list of texts")
        if not all(isinstance(value, str) for value in values):
            raise self.bad(f"{key} is not a list of texts", key)
        if len(set(values)) != len(values):
            raise self.bad(f"{key} names something twice", key)
        return tuple(values)

    def value(self, key: str, kind: str) -> str | int | list[str]:
        """A value of a detail field's kind: `text`, `list` or `percent`."""
        if kind == "list":
            return list(self.texts(key))
        if kind == "text":
            return self.text(key)
        if not 0 <= (percent := self.number(key)) <= 100:
            raise self.bad(f"{key} is not a whole number from 0 to 100", key)
        return percent

    def table(self, key: str) -> "Table":
        """`[key]`"""
        return Table(self._value(key, dict, "a table"), self._path, self._lines, (*self._steps, key))

    def tables(self, key: str) -> list["Table"]:
        """`[[key]]`; none when there is no such key."""
        if key not in self._data:
            return []
        rows = self._value(key, list, "a list of tables")
        if not all(isinstance(row, dict) for row in rows):
            raise self.bad(f"{key} is not a list of tables", key)
        return [Table(row, self._path, self._lines, (*self._steps, key, n)) for n, row in enumerate(rows)]

    def names(self) -> list[str]:
        return list(self._data)

    def done(self) -> None:
        for key in self._data:
            if key not in self._read:
                raise self.bad(f"{key} is not known here", key)

    def bad(self, words: str, key: str = "") -> BadFile:
        """What is wrong, at the line of a key or, without one, of the table."""
        steps: Steps = (*self._steps, key) if key else self._steps
        below = (line for found, line in self._lines.items() if found[: len(steps)] == steps)
        return BadFile(f"{self._path}:{min(below, default=1)}: {words}")

    def _value(self, key: str, kind: type[T], words: str) -> T:
        if key not in self._data:
            names = [step for step in self._steps if isinstance(step, str)]
            raise self.bad(f"{'.'.join([*names, key])} is missing")
        self._read.add(key)
        value = self._data[key]
        if not isinstance(value, kind):
            raise self.bad(f"{key} is not {words}", key)
        return value


def distinct(tables: Iterable[tuple[Table, str]]) -> None:
    """Refuse the second of two with one id."""
    seen = set()
    for table, id in tables:
        if id in seen:
            raise table.bad(f"there are two called {id!r}", "id")
        seen.add(id)


def find_lines(text: str, first_line: int) -> dict[Steps, int]:
    """The line of each table and key. For TOML as people write it: a heading or a key starts its line."""
    found: dict[Steps, int] = {}
    counts: dict[Steps, int] = {}
    here: Steps = ()
    inside = False  # a text of several lines
    for number, line in enumerate(text.split("\n"), start=first_line):
        if not inside:
            if heading := HEADING.match(line):
                here = _steps(heading[2].split("."), counts, again=heading[1] == "[[")
                found.setdefault(here, number)
            elif key := KEY.match(line):
                found.setdefault((*here, key[1]), number)
        inside ^= line.count('"""') % 2 == 1
    return found


def _steps(names: list[str], counts: dict[Steps, int], *, again: bool) -> Steps:
    """`facet.value` below the third `[[facet]]` is ("facet", 2, "value", …); `again` opens one more of its kind."""
    steps: Steps = ()
    for name in (name.strip() for name in names):
        steps = (*steps, name)
        last = len([step for step in steps if isinstance(step, str)]) == len(names)
        if last and again:
            counts[steps] = counts.get(steps, -1) + 1
        if steps in counts:
            steps = (*steps, counts[steps])
    return steps
