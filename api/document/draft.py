"""A draft as features hand it to each other: its text, and what travels with it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from api.document.draft_document import draft_title


@dataclass(frozen=True, slots=True)
class DraftText:
    """What one save keeps. None leaves what was kept before, or nothing in a new draft.

    `reason` and `base` belong to the next version of a rule: why it changes, and the sha256 that the author began with.
    """

    document: Mapping[str, Any]
    visibility: str | None = None
    reason: str | None = None
    base: str | None = None


@dataclass(frozen=True, slots=True)
class Draft:
    """One revision of a draft; mostly the current one. `rule_id` is the rule whose next version it is to become,
    `adapts` the version that a new rule began with, as `<slug>/v/<number>`. Times are UTC text."""

    id: int
    revision: int
    saved_at: str
    document: dict[str, Any]
    visibility: str
    reason: str
    base: str
    adapts: str
    rule_id: int | None

    @property
    def title(self) -> str:
        return draft_title(self.document)

    @property
    def tag(self) -> str:
        """What `ETag` and `If-Match` hold. The draft's id is in it: `/api/drafts/me` is not always the same draft."""
        return f"{self.id}-{self.revision}"


@dataclass(frozen=True, slots=True)
class Seen:
    """A draft as somebody saw it last; an unknown `tag` is None, and matches whatever is there."""

    id: int
    tag: str | None = None
