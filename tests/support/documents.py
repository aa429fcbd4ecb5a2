"""Rule documents for tests and benches."""

from functools import cache
from typing import Any

from api import ROOT
from rulepages.catalogue import METHOD_SECTIONS, Catalogue, load_catalogue


@cache
def catalogue() -> Catalogue:
    return load_catalogue(ROOT / "seed_data")


def small_document(name: str = "Riverside Tool Library", **changes: Any) -> dict[str, Any]:
    """A rule with one value, one method of its own, and nothing else."""
    return {
        "schema": 1,
        "community": {"name": name, "context": "Neighbors who share tools and mend things together."},
        "values": [{"own": "own-1", "title": "Care", "meaning": "We look after each other."}],
        "decisions": [{"own": "own-1", "title": "We talk first", "summary": "Nothing is decided by mail alone."}],
        **changes,
    }


def full_document(name: str, round: int = 0) -> dict[str, Any]:
    """A rule of at least 25 KB as canonical JSON, with eight methods, five values and every facet."""
    known = catalogue()
    values = [known.values[id] for id in sorted(known.values)][round % 5 :][:5]
    document: dict[str, Any] = {
        "schema": 1,
        "language": "en",
        "community": {
            "name": name,
            "context": f"Round {round}: we share tools, a workshop and one evening a week, and we write down how.",
            "types": ["mutual-aid"],
            "scale": ["local"],
            "maturity": ["early-stage"],
            "size": ["six-to-twelve"],
        },
        "values": [{"id": v.id, "title": v.title, "meaning": v.meaning, "practice": v.practice} for v in values],
    }
    for section in METHOD_SECTIONS:
        chosen = [m for (s, _), m in sorted(known.methods.items()) if s == section][:2]
        document[section] = [
            {"id": m.id, "title": m.title, "summary": m.summary, "fields": dict(m.fields)} for m in chosen
        ]
    return document
