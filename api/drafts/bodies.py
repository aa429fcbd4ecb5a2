"""Shapes of requests and answers."""

from typing import Any

from api.document.draft import Draft
from api.document.gaps import gaps
from api.wire import Body


class DraftBody(Body):
    """`payload` is a draft document; it is read on its own, so that errors carry its paths."""

    payload: dict[str, Any]


def draft_in_full(draft: Draft) -> dict[str, Any]:
    """`gaps` are sentences here, and their number in lists."""
    return {
        **draft_in_short(draft),
        "payload": draft.document,
        "gaps": gaps(draft.document),
    }


def draft_in_short(draft: Draft) -> dict[str, Any]:
    return {
        "id": str(draft.id),
        "title": draft.title,
        "revision": draft.revision,
        "updatedAt": draft.saved_at,
        "gaps": len(gaps(draft.document)),
    }
