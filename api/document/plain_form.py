"""The document as the controls of `/create/plain/` send it: names are document paths."""

import re
from collections.abc import Mapping
from typing import Any

from rulepages.catalogue import METHOD_SECTIONS, SECTIONS, Catalogue, Template

ENTRY_PATH = re.compile(
    r"([a-z]+)\.(\d{1,2})\.(id|own|title|summary|meaning|practice|remove|fields\.([a-z0-9-]{1,80}))"
)


def read_controls(controls: Mapping[str, str], catalogue: Catalogue) -> dict[str, Any]:
    """What was typed, as a loose document: nothing judged, nothing dropped but empty entries and removed ones.

    Entries keep the order of their indexes and are numbered anew, without holes.
    """
    community: dict[str, Any] = {key: controls.get(f"community.{key}", "").strip() for key in ("name", "context")}
    for facet in catalogue.facets:
        community[facet.id] = [v.id for v in facet.values if controls.get(f"community.{facet.id}.{v.id}")]
    loose: dict[str, Any] = {"schema": 1, "language": controls.get("language") or "en", "community": community}
    entries = _entries(controls)
    for section in SECTIONS:
        kinds = {field.id: field.kind for field in catalogue.section(section).fields}
        kept = [_entry(section, entry, kinds) for _, entry in sorted(entries.get(section, {}).items()) if _kept(entry)]
        if kept:
            removed = {entry["own"] for entry in entries[section].values() if "own" in entry}
            loose[section] = _named(section, kept, removed, catalogue)
    return loose


def fill_from_template(loose: dict[str, Any], template: Template, catalogue: Catalogue) -> dict[str, Any]:
    """Sections that were left empty are taken from the template."""
    lists = catalogue.document(template)
    filled = {section: loose.get(section) or lists[section] for section in SECTIONS}
    return {**loose, **filled, "template": template.id}


def keep_unseen(loose: dict[str, Any], current: Mapping[str, Any], catalogue: Catalogue) -> dict[str, Any]:
    """What the form has no control for (blocks, unknown fields and facets) stays as it was when the form was filled."""
    unseen = {key: value for key, value in current.items() if key in ("schema", "template")}
    was = current.get("community", {})
    community = {**was, **loose["community"]}
    for facet in catalogue.facets:
        known = {value.id for value in facet.values}
        community[facet.id] = [*community[facet.id], *(id for id in was.get(facet.id, []) if id not in known)]
    revised = {**loose, **unseen, "community": community}
    for section in METHOD_SECTIONS:
        if section in revised:
            before = {_key(entry): entry for entry in current.get(section, [])}
            shown = {field.id for field in catalogue.section(section).fields}
            revised[section] = [_with_unseen(entry, before.get(_key(entry), {}), shown) for entry in revised[section]]
    return revised


def _with_unseen(entry: Mapping[str, Any], old: Mapping[str, Any], shown: set[str]) -> dict[str, Any]:
    whole = dict(entry)
    if old.get("blocks"):
        whole["blocks"] = old["blocks"]
    unseen = {id: value for id, value in old.get("fields", {}).items() if id not in shown}
    if unseen:
        whole["fields"] = {**entry.get("fields", {}), **unseen}
    return whole


def _key(entry: Mapping[str, Any]) -> tuple[str, str]:
    return (entry.get("id") or "", entry.get("own") or "")


def _entries(controls: Mapping[str, str]) -> dict[str, dict[int, dict[str, str]]]:
    found: dict[str, dict[int, dict[str, str]]] = {}
    for name, value in controls.items():
        if (match := ENTRY_PATH.fullmatch(name)) and match[1] in SECTIONS:
            found.setdefault(match[1], {}).setdefault(int(match[2]), {})[match[3]] = value
    return found


def _kept(entry: Mapping[str, str]) -> bool:
    typed = (value for key, value in entry.items() if key not in ("id", "own", "remove"))
    return "remove" not in entry and any(value.strip() for value in typed)


def _entry(section: str, typed: Mapping[str, str], kinds: Mapping[str, str]) -> dict[str, Any]:
    keys = ("meaning", "practice") if section == "values" else ("summary",)
    entry: dict[str, Any] = {key: typed[key] for key in ("id", "own") if typed.get(key)}
    entry |= {key: typed.get(key, "").strip() for key in ("title", *keys)}
    fields = {name.removeprefix("fields."): value for name, value in typed.items() if name.startswith("fields.")}
    if fields:
        entry["fields"] = {id: _field(kinds.get(id, "text"), value) for id, value in fields.items()}
    return entry


def _field(kind: str, value: str) -> str | int | list[str]:
    if kind == "list":
        return [line.strip() for line in value.splitlines() if line.strip()]
    if kind == "percent" and value.strip().isdecimal() and len(value) < 10:
        return int(value)
    return value.strip()


def _named(section: str, entries: list[dict[str, Any]], taken: set[str], catalogue: Catalogue) -> list[dict[str, Any]]:
    """Own entries get an id (`own-1` …) that none has, nor had before it was removed; without a title the section's."""
    numbers = (f"own-{number}" for number in range(1, 1000))
    for entry in entries:
        if not entry.get("id") and not entry.get("own"):
            entry["own"] = next(id for id in numbers if id not in taken)
        if not entry["title"] and section != "values":
            entry["title"] = catalogue.section(section).title
    return entries
