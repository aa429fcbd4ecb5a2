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
OPENING = re.compile(r"""(?<![^\s(\[“‘-])["'](?=\S)""")
BLANK = re.compile(r"\n\s*\n")
BULLET = re.compile(r"\s*[-*•]\s+")
LIST = re.compile(r"^\s*(?:[-*•]|\d{1,3}[.)])\s", re.ASCII | re.MULTILINE)
# Inside <script> only `<` can end the data; the others matter where it is copied into XML or into a script.
DATA_ESCAPES = {ord(character): f"\\u{ord(character):04x}" for character in "<>&\u2028\u2029"}
NUMBER = re.compile(r"\s*(\d{1,3})[.)]\s+", re.ASCII)


def data_block(json: str) -> Markup:
    """JSON that can stand in a `<script>` of a data type, which no browser runs."""
    return Markup(json.translate(DATA_ESCAPES))  # noqa: S704 - holds no `<`, `>` or `&` any more


def paragraphs(text: str) -> Markup:
    """Blank lines part paragraphs; lines that start with `- ` or `1. ` make lists; other line ends are kept."""
    escaped = str(escape(text)).strip("\n")  # escaping touches no character that the shapes below look for
    if "\n" not in escaped and not LIST.search(escaped):
        return Markup(f"<p>{escaped.strip()}</p>" if escaped.strip() else "")  # noqa: S704 - escaped
    blocks = [block for block in BLANK.split(escaped) if block.strip()]
    return Markup("\n".join(map(_block, blocks)))  # noqa: S704 - escaped on the line above


def _block(block: str) -> str:
    if not LIST.search(block):
        return _run("p", block.split("\n"))
    return "\n".join(_run(kind, list(lines)) for kind, lines in groupby(block.split("\n"), key=_kind))


def _kind(line: str) -> str:
    if BULLET.match(line):
        return "ul"
    return "ol" if NUMBER.match(line) else "p"


def _run(kind: str, lines: list[str]) -> str:
    if kind == "p":
        words = "<br>\n".join(line.strip() for line in lines)
        return f"<p>{words}</p>"
    if kind == "ul":
        items = "".join(f"<li>{BULLET.sub('', line, count=1)}</li>" for line in lines)
        return f"<ul>{items}</ul>"
    items = "".join(_numbered(lines))
    return f"<ol>{items}</ol>"


def _numbered(lines: list[str]) -> Iterator[str]:
    """Items keep the numbers that their author gave them."""
    expected = 1
    for line in lines:
        match = NUMBER.match(line)
        assert match is not None
        number = int(match[1])
        value = "" if number == expected else f' value="{number}"'
        yield f"<li{value}>{line[match.end() :]}</li>"
        expected = number + 1


def curly(text: str) -> str:
    """Straight quotes and apostrophes, as they are typed in files, as they are printed."""
    text = OPENING.sub(lambda match: "“" if match[0] == '"' else "‘", text)
    return text.replace('"', "”").replace("'", "’")


def date_words(moment: str) -> str:
    """`2026-11-24…` as `24 November 2026`."""
    year, month, day = moment[:10].split("-")
    return f"{int(day)} {MONTHS[int(month) - 1]} {year}"


def time_words(moment: str) -> str:
    """`2026-11-24T09:30…` as `24 November 2026, 09:30 UTC`."""
    return f"{date_words(moment)}, {moment[11:16]} UTC"


def ordinal(index: int) -> str:
    """1 → `I`, 2 → `II` …: the section numerals of a rule, up to 10."""
    return ("I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X")[index - 1]


FILTERS: dict[str, Callable[..., Any]] = {
    "paragraphs": paragraphs,
    "date_words": date_words,
    "time_words": time_words,
    "ordinal": ordinal,
}
