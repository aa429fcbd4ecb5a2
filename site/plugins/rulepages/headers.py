"""Markdown files with a TOML header between two lines of `+++`: the one format of catalogue and content files."""

import re
import tomllib
from pathlib import Path
from typing import Any

import markdown

HEADER_LINE = 2  # where the header starts, below the first +++
PLACE = re.compile(r" \(at (?:line (\d+), column \d+|end of document)\)$")


class BadFile(Exception):
    """A catalogue or content file that cannot be read; the message names the file and what to mend."""


def read_file(path: Path) -> tuple[dict[str, Any], str]:
    """The header as a dictionary and the body as Markdown text."""
    header, body = split_file(path)
    return parse_toml(path, header, HEADER_LINE), body


def split_file(path: Path) -> tuple[str, str]:
    """The header and the body as they are written."""
    parts = read_text(path).split("+++\n", 2)
    if len(parts) != 3 or parts[0].strip():
        raise BadFile(f"{path}:1: starts with a TOML header between two lines of +++")
    return parts[1], parts[2]


def read_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadFile(f"{path}: cannot be read: {error}") from error


def parse_toml(path: Path, text: str, first_line: int = 1) -> dict[str, Any]:
    """TOML that starts at a line of a file; the message of BadFile has the form `file:line: what is wrong`."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        words = str(error)
        found = PLACE.search(words)
        line = first_line - 1 + (int(found[1]) if found and found[1] else text.count("\n") + 1)
        raise BadFile(f"{path}:{line}: {PLACE.sub('', words)}") from error


def to_html(text: str) -> str:
    """Trusted Markdown (our own files) as HTML. Author text never comes here: see `text.py`."""
    return markdown.markdown(text, extensions=["extra", "smarty", "sane_lists", "toc"], output_format="html")


def split_headings(text: str) -> dict[str, str]:
    """`## Heading` blocks of a body as {heading: Markdown below it}, in order."""
    blocks: dict[str, str] = {}
    for block in ("\n" + text).split("\n## ")[1:]:
        heading, _, body = block.partition("\n")
        blocks[heading.strip()] = body.strip()
    return blocks
