"""The Jinja settings that Pelican and the API share."""

from collections.abc import Callable
from typing import Any

from jinja2 import StrictUndefined

from rulepages.text import FILTERS

JINJA_ENVIRONMENT: dict[str, Any] = {
    "autoescape": True,
    "trim_blocks": True,
    "lstrip_blocks": True,
    "undefined": StrictUndefined,
}
JINJA_FILTERS = FILTERS


class RenderedOnce:
    """`{% call rendered_once(key) %}…{% endcall %}`: the text of the last key is kept.

    A rule's page and the page of its current version hold the same long text and are rendered one after the other.
    """

    def __init__(self) -> None:
        self._key, self._text = "", ""

    def __call__(self, key: str, caller: Callable[[], str]) -> str:
        if key != self._key:
            self._key, self._text = key, caller()
        return self._text


def jinja_globals() -> dict[str, Any]:
    """New ones for each environment."""
    return {"rendered_once": RenderedOnce()}
