"""The shape of an exported row: a public rule with its versions, and the card of it that listings show.

An export is NDJSON: one rule a line, in place order. `Rule.from_json` and `Rule.to_json` are the only code that knows
the shape of such a line.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Document = Mapping[str, Any]  # a RuleDocument as plain JSON; `api.document` validates it before it becomes a row


@dataclass(frozen=True, slots=True)
class Version:
    """One published state of a rule.

    `published_at` is UTC in ISO 8601 with whole seconds (`2026-11-24T09:30:00Z`); `sha256` is over the document's
    canonical JSON; `reason` is empty for version 1 only. `document` is None where only the history is wanted.
    """

    number: int
    published_at: str
    sha256: str
    reason: str
    document: Document | None


@dataclass(frozen=True, slots=True)
class Rule:
    """A published rule. `place` is its number in the library, None for an unlisted rule. Versions count from 1."""

    slug: str
    place: int | None
    title: str
    context: str
    versions: tuple[Version, ...]

    @property
    def current(self) -> Version:
        return self.versions[-1]

    @property
    def card(self) -> "Card | None":
        if self.place is None:
            return None
        return Card(self.slug, self.place, self.title, self.context, self.current.number, self.current.published_at)

    @property
    def digest(self) -> str:
        """What the rule's own pages depend on, besides the release: 64 hex digits."""
        versions = [[v.number, v.published_at, v.sha256, v.reason] for v in self.versions]
        return digest([self.slug, self.place, versions])

    def to_json(self) -> str:
        """One line of an export, without its newline."""
        versions = [
            {
                "number": v.number,
                "published_at": v.published_at,
                "sha256": v.sha256,
                "reason": v.reason,
                "document": v.document,
            }
            for v in self.versions
        ]
        row = {"slug": self.slug, "place": self.place, "title": self.title, "context": self.context}
        return json.dumps({**row, "versions": versions}, ensure_ascii=False, separators=(",", ":"))

    @classmethod
    def from_json(cls, line: str) -> "Rule":
        row = json.loads(line)
        versions = tuple(Version(**version) for version in row.pop("versions"))
        return cls(**row, versions=versions)


@dataclass(frozen=True, slots=True)
class Card:
    """What a listing shows of a rule. `number` and `published_at` are those of its current version."""

    slug: str
    place: int
    title: str
    context: str
    number: int
    published_at: str


@dataclass(frozen=True, slots=True)
class Dated:
    """What a sitemap shows of a rule."""

    slug: str
    published_at: str


def digest(value: Any) -> str:
    """The sha256 of a JSON value, in hex."""
    return hashlib.sha256(json.dumps(value, ensure_ascii=False, sort_keys=True).encode()).hexdigest()


def cards_digest(cards: list[Card]) -> str:
    return digest([[c.slug, c.place, c.title, c.context, c.number, c.published_at] for c in cards])
