"""Text that people wrote, as safe HTML, and dates as words.

Author text is never Markdown: it is escaped first and then given paragraphs and lists, so that nothing in it can become
a tag, a link or an attribute.
"""

import re
from collections.abc import Callable, Iterator
from itertools import groupby
from typing import Any

from markupsafe import Markup, escape

MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
BULLET = re.compile(r"\s*[-*•]\s+")
NUMBER = re.compile(r"\s*(\d{1,3})[.)]\s+", re.ASCII)


def paragraphs(text: str) -> Markup:
    """Blank lines part paragraphs; lines that start with `- ` or `1. ` make lists; other line ends are kept."""
    blocks = [block for block in re.split(r"\n\s*\n", text.strip("\n")) if block.strip()]
    return Markup("\n").join(_block(block) for block in blocks)


def _block(block: str) -> Markup:
    runs = groupby(block.split("\n"), key=_kind)
    return Markup("\n").join(_run(kind, list(lines)) for kind, lines in runs)


def _kind(line: str) -> str:
    if BULLET.match(line):
        return "ul"
    return "ol" if NUMBER.match(line) else "p"


def _run(kind: str, lines: list[str]) -> Markup:
    if kind == "p":
        return Markup("<p>{}</p>").format(Markup("<br>\n").join(escape(line.strip()) for line in lines))
    if kind == "ul":
        items = Markup("").join(Markup("<li>{}</li>").format(BULLET.sub("", line, count=1)) for line in lines)
        return Markup("<ul>{}</ul>").format(items)
    return Markup("<ol>{}</ol>").format(Markup("").join(_numbered(lines)))


def _numbered(lines: list[str]) -> Iterator[Markup]:
    """Items keep the numbers that their author gave them."""
    expected = 1
    for line in lines:
        match = NUMBER.match(line)
        assert match is not None
        number = int(match[1])
        value = "" if number == expected else Markup(' value="{}"').format(number)
        yield Markup("<li{}>{}</li>").format(value, line[match.end() :])
        expected = number + 1


def date_words(moment: str) -> str:
    """`2026-11-24…` as `24 November 2026`."""
    year, month, day = moment[:10].split("-")
    return f"{int(day)} {MONTHS[int(month) - 1]} {year}"


def ordinal(index: int) -> str:
    """1 → `I`, 2 → `II` …: the section numerals of a rule, up to 10."""
    return ("I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X")[index - 1]


FILTERS: dict[str, Callable[..., Any]] = {
    "paragraphs": paragraphs,
    "date_words": date_words,
    "ordinal": ordinal,
}
