"""What a query asks of the catalogue. Ids as they were spelled before this catalogue are understood too."""

import re
from collections.abc import Mapping

from api.document.reading import invalid_document
from rulepages.catalogue import SECTIONS

FACET = "facet."
CAMEL = re.compile(r"[a-z]+([A-Z][a-z]*)+")
FORMER_SECTIONS = {"decisionApproaches": "decisions", "conflictManagement": "conflict", "coreValues": "values"}
FORMER_FACETS = {"orgType": "types"}

Params = Mapping[str, str | list[str]]  # a list where a name comes more than once


def read_section(params: Params) -> str:
    """`section`; raise Invalid when it is missing or none of ours."""
    asked = params.get("section", "")
    section = FORMER_SECTIONS.get(asked, asked) if isinstance(asked, str) else ""
    if section not in SECTIONS:
        words = "is missing" if not asked else f"is none of {', '.join(SECTIONS)}"
        raise invalid_document({"section": words}, subject="The question")
    return section


def read_facets(params: Params) -> dict[str, set[str]]:
    """All `facet.<facet>=<value>` as {facet: values}; whether they exist is another question."""
    found: dict[str, set[str]] = {}
    for name, given in params.items():
        if name.startswith(FACET):
            facet = name.removeprefix(FACET)
            values = [given] if isinstance(given, str) else given
            found.setdefault(FORMER_FACETS.get(facet, facet), set()).update(map(_kebab, values))
    return found


def _kebab(value: str) -> str:
    """`sixToTwelve` is `six-to-twelve`; anything else stays as it is."""
    return re.sub(r"([A-Z])", r"-\1", value).lower() if CAMEL.fullmatch(value) else value
