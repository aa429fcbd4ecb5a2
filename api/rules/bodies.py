"""Shapes of requests and answers."""

from typing import Any, Literal

from api.wire import Body


class Publication(Body):
    """`document` is a RuleDocument; it is read on its own, so that errors carry its paths. `adapts` is the version that
    it was adapted from, as `<slug>/v/<number>`; `draft` the id of a draft that is deleted when it is published."""

    document: dict[str, Any]
    visibility: Literal["public", "unlisted"] = "public"
    adapts: str = ""
    draft: str | None = None


class Visibility(Body):
    visibility: Literal["public", "unlisted"]


class Revision(Body):
    document: dict[str, Any]
    reason: str
