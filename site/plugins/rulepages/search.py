"""Search in what the site itself offers: templates, methods, values, articles. And what the search page shows.

Rules are searched in the database. Both fold letters alike: see `folded` in api/migrations/0010_search.sql.
"""

import html
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from rulepages.catalogue import SECTIONS
from rulepages.site_inputs import Site

RULES, TEMPLATES, METHODS, VALUES, ARTICLES = KINDS = ("rules", "templates", "methods", "values", "articles")
# What one and many of a kind are called on the page.
NAMES = {
    RULES: ("rule", "Rules"),
    TEMPLATES: ("template", "Templates"),
    METHODS: ("method", "Methods"),
    VALUES: ("value", "Values"),
    ARTICLES: ("article", "Articles"),
}

# Accents, and the vowel points of Hebrew and Arabic.
MARKS = re.compile("[\u0300-\u036f\u0591-\u05bd\u05bf\u05c1\u05c2\u05c7\u0640\u064b-\u065f\u0670]")
WORD = re.compile(r"[^\W_]+")
TAG = re.compile(r"<[^>]*>")


@dataclass(frozen=True, slots=True)
class Hit:
    """One result. `place` says where it belongs when its title does not: the section of a method."""

    kind: str
    title: str
    address: str
    summary: str
    place: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """What can be found. `levels` are folded words with a space before each: of the title; of title and summary; of
    everything."""

    hit: Hit
    levels: tuple[str, str, str]


def fold(text: str) -> str:
    """Letters without case, accents and vowel points."""
    return unicodedata.normalize("NFC", MARKS.sub("", unicodedata.normalize("NFKD", text.casefold())))


def entries_of(site: Site) -> tuple[Entry, ...]:
    """Everything but rules, by kind, in the catalogue's order; articles newest first."""
    return tuple(_entry(hit, text) for hit, text in _texts(site))


def find_entries(entries: Sequence[Entry], words: str) -> list[Hit]:
    """Those in which all words are found, each at the beginning of a word. What is called just so comes first, then
    those where they are in the title, then in title and summary, then anywhere; alike ones stay in order."""
    asked = [f" {word}" for word in WORD.findall(fold(words))]
    if not asked:
        return []
    name = "".join(asked)
    found = [(level, entry) for entry in entries if (level := _level(entry, asked)) is not None]
    found.sort(key=lambda it: (it[1].levels[0] != name, it[0]))
    return [entry.hit for _, entry in found]


def search_form(
    *, words: str = "", kind: str = "", problem: str = "", groups: Sequence[Any] = (), most: int = 0
) -> dict[str, Any]:
    """The context of `search.html`. Each group has `kind`, `hits` and `count`; at `most` counting ended."""
    return {
        "words": words,
        "kind": kind,
        "problem": problem,
        "groups": [group for group in groups if group.hits],
        "asked": bool(words) and not problem,
        "most": most,
        "names": NAMES,
    }


def _level(entry: Entry, asked: Sequence[str]) -> int | None:
    """The first that holds all words."""
    return next((n for n, text in enumerate(entry.levels) if all(word in text for word in asked)), None)


def _entry(hit: Hit, text: str) -> Entry:
    title, summary, rest = (_spaced(part) for part in (hit.title, hit.summary, text))
    return Entry(hit, (title, title + summary, title + summary + rest))


def _spaced(text: str) -> str:
    return "".join(f" {word}" for word in WORD.findall(fold(text)))


def _texts(site: Site) -> Iterator[tuple[Hit, str]]:
    known = site.catalogue
    for template in known.templates:
        whys = [choice.why for section in SECTIONS for choice in template.composition[section]]
        hit = Hit(TEMPLATES, template.title, f"/templates/{template.id}/", template.summary)
        yield hit, " ".join([*template.parts.values(), *whys])
    for method in known.methods.values():
        details = [str(line) for it in method.fields.values() for line in (it if isinstance(it, list) else [it])]
        address = f"/methods/{method.section}/{method.id}/"
        hit = Hit(METHODS, method.title, address, method.summary, known.section(method.section).title)
        yield hit, " ".join([*method.parts.values(), *details])
    for value in known.values.values():
        yield Hit(VALUES, value.title, f"/values/#{value.id}", value.meaning), value.practice
    for article in site.content.articles:
        hit = Hit(ARTICLES, article.title, f"/learn/{article.slug}/", article.description)
        yield hit, html.unescape(TAG.sub(" ", article.html))
