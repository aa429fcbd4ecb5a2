"""Markdown files with a TOML header between two lines of `+++`: the one format of catalogue and content files."""

import tomllib
from pathlib import Path
from typing import Any

import markdown


class BadFile(Exception):
    """A catalogue or content file that cannot be read; the message names the file and what to mend."""


def read_file(path: Path) -> tuple[dict[str, Any], str]:
    """The header as a dictionary and the body as Markdown text."""
    parts = path.read_text(encoding="utf-8").split("+++\n", 2)
    if len(parts) != 3 or parts[0].strip():
        raise BadFile(f"{path}: starts with a TOML header between two lines of +++")
    try:
        return tomllib.loads(parts[1]), parts[2]
    except tomllib.TOMLDecodeError as error:
        raise BadFile(f"{path}: {error} (lines are counted from the first +++)") from error


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
