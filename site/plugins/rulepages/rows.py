"""The shape of an exported row: a public rule with its versions, and the card of it that listings show.

An export is NDJSON: one rule a line, in place order. `Rule.from_json` and `Rule.to_json` are the only code that knows
the shape of such a line.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from rulepages.listings import LIBRARY

Document = Mapping[str, Any]  # a RuleDocument as plain JSON; `api.document` validates it before it becomes a row


@dataclass(frozen=True, slots=True)
class Version:
    """One published state of a rule.

    `published_at` and `withdrawn_at` are UTC in ISO 8601 with whole seconds (`2026-11-24T09:30:00Z`), the latter empty
    while the version stands; `sha256` is over the document's canonical JSON; `reason` is empty for version 1 only.
    `title` is the community's name at the time, empty once the version is withdrawn: its document is gone then.
    """

    number: int
    published_at: str
    sha256: str
    reason: str
    title: str
    withdrawn_at: str = ""

    @property
    def facts(self) -> list[str | int]:
        return [self.number, self.published_at, self.sha256, self.reason, self.title, self.withdrawn_at]


@dataclass(frozen=True, slots=True)
class Lineage:
    """The version that a rule was adapted from. `slug` is empty unless that rule is public now: then nothing of it is
    named."""

    slug: str
    number: int
    title: str


@dataclass(frozen=True, slots=True)
class Rule:
    """A published rule. `places` holds its number in each listing that it is in now; an unlisted rule is in none.

    `owner` is the name that its owner wants shown, or empty. `adaptations` counts the listed rules adapted from it.
    Versions count from 1.
    """

    slug: str
    places: Mapping[str, int]
    title: str
    context: str
    versions: tuple[Version, ...]
    owner: str = ""
    lineage: Lineage | None = None
    adaptations: int = 0

    @property
    def current(self) -> Version:
        return self.versions[-1]

    @property
    def listed(self) -> bool:
        return LIBRARY in self.places

    @property
    def digest(self) -> str:
        """What the rule's own pages depend on, besides the release and its adaptations: 64 hex digits."""
        lineage = asdict(self.lineage) if self.lineage else None
        return digest([self.slug, self.listed, self.owner, lineage, [version.facts for version in self.versions]])

    def card(self, listing: str) -> "Card":
        version = self.current
        facts = (version.number, version.published_at, version.sha256)
        return Card(self.slug, self.places[listing], self.title, self.context, *facts)

    def to_json(self, documents: Iterable[Document | None]) -> str:
        """One line of an export, without its newline. `documents` are those of the versions, in their order."""
        versions = [
            {**{name: getattr(version, name) for name in Version.__slots__}, "document": document}
            for version, document in zip(self.versions, documents, strict=True)
        ]
        lineage = asdict(self.lineage) if self.lineage else None
        row = {name: getattr(self, name) for name in Rule.__slots__}
        row |= {"places": dict(self.places), "versions": versions, "lineage": lineage}
        return json.dumps(row, ensure_ascii=False, separators=(",", ":"))

    @classmethod
    def from_json(cls, line: str) -> tuple["Rule", list[Document | None]]:
        row = json.loads(line)
        documents = [version.pop("document") for version in row["versions"]]
        versions = tuple(Version(**version) for version in row.pop("versions"))
        lineage = row.pop("lineage")
        return cls(**row, versions=versions, lineage=Lineage(**lineage) if lineage else None), documents


@dataclass(frozen=True, slots=True)
class Card:
    """What a listing shows of a rule. `number`, `published_at` and `sha256` are those of its current version."""

    slug: str
    place: int
    title: str
    context: str
    number: int
    published_at: str
    sha256: str

    @property
    def facts(self) -> list[str | int]:
        return [self.slug, self.place, self.title, self.context, self.number, self.published_at, self.sha256]


@dataclass(frozen=True, slots=True)
class Dated:
    """What a sitemap shows of a rule."""

    slug: str
    published_at: str


def digest(value: Any) -> str:
    """The sha256 of a JSON value, in hex."""
    return hashlib.sha256(json.dumps(value, ensure_ascii=False, sort_keys=True).encode()).hexdigest()


def cards_digest(cards: Iterable[Card]) -> str:
    return digest([card.facts for card in cards])
