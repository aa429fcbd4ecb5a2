"""The Jinja settings that Pelican and the API share."""

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
