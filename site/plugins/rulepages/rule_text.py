"""A rule's document as it is read: numbered sections, their entries, and each entry's labelled parts.

What is shown and in which order is decided here; `_rule_body.html` only gives it tags.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from rulepages.catalogue import SECTIONS, Catalogue, Section
from rulepages.text import paragraphs
from rulepages.uploads import File, file_of

Content = str | int | list[str] | File  # of a field, or of an author's own block
SHARES = {
    0: "none",
    10: "one in ten",
    20: "one in five",
    25: "one in four",
    33: "one in three",
    40: "two in five",
    50: "half",
    60: "three in five",
    66: "two in three",
    67: "two in three",
    75: "three in four",
    80: "four in five",
    90: "nine in ten",
    100: "all of us",
}


@dataclass(frozen=True, slots=True)
class Detail:
    """One labelled part of an entry: `html`, a list's `items`, a `percent` with its `share` in words, or a `file`.

    `ours` tells that the label is the site's English, not the author's words.
    """

    label: str
    ours: bool
    html: str = ""
    items: tuple[str, ...] = ()
    percent: int | None = None
    share: str = ""
    file: File | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """A value or a method. `anchor` is its id within the page."""

    anchor: str
    title: str
    lead: Markup
    details: tuple[Detail, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """A section that holds something, numbered in the rule's own order from 1."""

    number: int
    section: Section
    entries: tuple[Entry, ...]


def contents(catalogue: Catalogue, document: Mapping[str, Any]) -> tuple[tuple[int, Section], ...]:
    """The sections that hold something, in their fixed order, with their numbers."""
    return tuple(enumerate((catalogue.section(id) for id in SECTIONS if document.get(id)), start=1))


def rule_text(catalogue: Catalogue, document: Mapping[str, Any]) -> tuple[Part, ...]:
    return tuple(
        Part(number, section, tuple(_entry(section, entry) for entry in document[section.id]))
        for number, section in contents(catalogue, document)
    )


def _entry(section: Section, entry: Mapping[str, Any]) -> Entry:
    name = entry["id"] if "id" in entry else f"-{entry['own']}"
    values = section.id == "values"
    return Entry(
        anchor=f"{section.id}-{name}",
        title=entry["title"],
        lead=paragraphs(entry.get("meaning" if values else "summary") or ""),
        details=tuple(_practice(entry) if values else method_details(section, entry)),
    )


def _practice(value: Mapping[str, Any]) -> Iterator[Detail]:
    if value.get("practice"):
        yield Detail("In practice", True, html=paragraphs(value["practice"]))


def method_details(section: Section, method: Mapping[str, Any]) -> Iterator[Detail]:
    """The catalogue's fields in its order, then fields that it knows no more, then the author's own blocks."""
    fields: Mapping[str, Any] = method.get("fields") or {}
    labels = {field.id: field.title for field in section.fields}
    for id in (*(id for id in labels if id in fields), *(id for id in fields if id not in labels)):
        if fields[id] not in ("", []):
            yield _detail(labels.get(id) or id.replace("-", " ").capitalize(), fields[id], ours=True)
    for block in method.get("blocks") or []:
        yield _detail(block["title"], block_content(block), ours=False)


def block_content(block: Mapping[str, Any]) -> Content:
    """What an author's own block holds, whatever its kind."""
    if block["kind"] == "file":
        return file_of(block)
    content: str | int | list[str] = block[{"list": "items", "proportion": "percent", "text": "text"}[block["kind"]]]
    return content


def _detail(label: str, content: Content, *, ours: bool) -> Detail:
    if isinstance(content, File):
        return Detail(label, ours, file=content)
    if isinstance(content, str):
        return Detail(label, ours, html=paragraphs(content))
    if isinstance(content, int):
        share = SHARES.get(content) or ("fewer than half" if content < 50 else "more than half")
        return Detail(label, ours, percent=content, share=share)
    return Detail(label, ours, items=tuple(content))
