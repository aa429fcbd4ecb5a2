"""What changed from one version to the next, by section, in plain words.

Entries are matched by their stable ids, so that a changed title is a change and not a loss. Texts that differ are
compared word by word with the standard library's difflib.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from rulepages.catalogue import SECTIONS, Catalogue, Section
from rulepages.rule_text import Content, block_content
from rulepages.uploads import File, photo_of

SAME, OLD, NEW = "same", "old", "new"
WORDS = re.compile(r"\S+\s*|\s+")  # a word brings the space after it along
ALIKE = 0.4  # texts that share less are shown one after the other: word by word they would only be confusing


@dataclass(frozen=True, slots=True)
class Run:
    """A stretch of text: `same` in both versions, `old` or `new`."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class TextChange:
    """One labelled text that reads differently now."""

    label: str
    runs: tuple[Run, ...]


@dataclass(frozen=True, slots=True)
class EntryChange:
    """A value or method that is in both versions and reads differently."""

    title: str
    changes: tuple[TextChange, ...]


@dataclass(frozen=True, slots=True)
class PartChange:
    """One section: sentences about what came, went or moved, then what changed within."""

    title: str
    sentences: tuple[str, ...]
    entries: tuple[EntryChange, ...]


def compare(catalogue: Catalogue, before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[PartChange, ...]:
    """The parts that differ, the community first, then the sections in their fixed order."""
    parts = [_community(before["community"], after["community"])]
    parts += [_section(catalogue.section(id), before.get(id) or [], after.get(id) or []) for id in SECTIONS]
    return tuple(part for part in parts if part.sentences or part.entries)


def _community(before: Mapping[str, Any], after: Mapping[str, Any]) -> PartChange:
    changes = tuple(_texts(_community_texts(before), _community_texts(after)))
    sentences = _photo_sentences(photo_of(before), photo_of(after))
    return PartChange("The community", sentences, (EntryChange("", changes),) if changes else ())


def _community_texts(community: Mapping[str, Any]) -> dict[str, str]:
    photo = photo_of(community)
    texts = {"Name": community["name"], "Purpose": community.get("context", "")}
    return {**texts, "What the photo shows": photo.name if photo else ""}


def _photo_sentences(before: File | None, after: File | None) -> tuple[str, ...]:
    if before and after:
        return ("There is another photo.",) if before.upload != after.upload else ()
    return ("A photo was added.",) if after else ("The photo was taken away.",) if before else ()


def _section(section: Section, before: list[Mapping[str, Any]], after: list[Mapping[str, Any]]) -> PartChange:
    old, new = {_key(entry): entry for entry in before}, {_key(entry): entry for entry in after}
    sentences = [f"“{entry['title']}” was added." for key, entry in new.items() if key not in old]
    sentences += [f"“{entry['title']}” was left out." for key, entry in old.items() if key not in new]
    if [key for key in old if key in new] != [key for key in new if key in old]:
        sentences.append("The order changed.")
    changed = (
        EntryChange(new[key]["title"], tuple(_texts(_labelled(section, old[key]), _labelled(section, new[key]))))
        for key in new
        if key in old
    )
    return PartChange(section.title, tuple(sentences), tuple(entry for entry in changed if entry.changes))


def _key(entry: Mapping[str, Any]) -> tuple[str, str]:
    return (entry.get("id") or "", entry.get("own") or "")


def _labelled(section: Section, entry: Mapping[str, Any]) -> dict[str, str]:
    """Every text of an entry by its label, in the order in which the rule shows them."""
    texts = {"Title": entry["title"]}
    if section.id == "values":
        return {**texts, "Meaning": entry.get("meaning", ""), "In practice": entry.get("practice", "")}
    texts["In short"] = entry.get("summary", "")
    fields = entry.get("fields") or {}
    labels = {field.id: field.title for field in section.fields}
    texts |= {labels[id]: _plain(fields[id]) for id in labels if id in fields}
    texts |= {id.replace("-", " ").capitalize(): _plain(value) for id, value in fields.items() if id not in labels}
    for block in entry.get("blocks") or []:
        texts[block["title"]] = _plain(block_content(block))
    return texts


def _plain(value: Content) -> str:
    if isinstance(value, File):
        return value.told
    if isinstance(value, list):
        return "\n".join(value)
    return f"{value} %" if isinstance(value, int) else value


def _texts(before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[TextChange]:
    for label in dict.fromkeys([*after, *before]):
        old, new = before.get(label, ""), after.get(label, "")
        if old != new:
            yield TextChange(label, tuple(_runs(old, new)))


def _runs(old: str, new: str) -> Iterator[Run]:
    """The two texts as one, word by word."""
    a, b = WORDS.findall(old), WORDS.findall(new)
    matcher = SequenceMatcher(None, a, b, autojunk=False)
    if matcher.ratio() < ALIKE:
        yield from (run for run in (Run(OLD, old), Run(NEW, new)) if run.text)
        return
    for kind, a1, a2, b1, b2 in matcher.get_opcodes():
        if kind == "equal":
            yield Run(SAME, "".join(a[a1:a2]))
            continue
        if a2 > a1:
            yield Run(OLD, "".join(a[a1:a2]))
        if b2 > b1:
            yield Run(NEW, "".join(b[b1:b2]))
