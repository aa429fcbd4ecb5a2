"""Shapes of requests and answers."""

from typing import Any

from api.wire import Body


class Publication(Body):
    """`document` is a RuleDocument; it is read on its own, so that errors carry its paths."""

    document: dict[str, Any]


class Revision(Body):
    document: dict[str, Any]
    reason: str
