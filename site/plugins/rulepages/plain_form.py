"""The one-page form of a rule: a document, complete or half typed, as groups of controls.

Control names are document paths (`community.name`, `decisions.0.fields.core-principle`), so an error found in the
document points at its control, and what was typed always finds its way back into the form.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rulepages.catalogue import SECTIONS, Catalogue, Facet, Section

LANGUAGES = {
    "en": "English",
    "ar": "العربية",
    "bn": "বাংলা",
    "ca": "Català",
    "cs": "Čeština",
    "da": "Dansk",
    "de": "Deutsch",
    "el": "Ελληνικά",
    "es": "Español",
    "fa": "فارسی",
    "fi": "Suomi",
    "fr": "Français",
    "he": "עברית",
    "hi": "हिन्दी",
    "hu": "Magyar",
    "id": "Bahasa Indonesia",
    "it": "Italiano",
    "ja": "日本語",
    "ko": "한국어",
    "nl": "Nederlands",
    "no": "Norsk",
    "pl": "Polski",
    "pt": "Português",
    "ro": "Română",
    "ru": "Русский",
    "sv": "Svenska",
    "sw": "Kiswahili",
    "ta": "தமிழ்",
    "th": "ไทย",
    "tr": "Türkçe",
    "uk": "Українська",
    "ur": "اردو",
    "vi": "Tiếng Việt",
    "zh-Hans": "简体中文",
    "zh-Hant": "繁體中文",
}


@dataclass(frozen=True, slots=True)
class Control:
    """One input. `kind` is `line`, `text`, `list` (one item a line) or `percent`."""

    name: str
    label: str
    kind: str
    value: str
    error: str


@dataclass(frozen=True, slots=True)
class Entry:
    """A value or method of the form. `hidden` are the names and values that travel unseen (`decisions.0.id`)."""

    prefix: str
    title: str
    hidden: tuple[tuple[str, str], ...]
    controls: tuple[Control, ...]
    blank: bool


@dataclass(frozen=True, slots=True)
class Choice:
    """One box to tick."""

    name: str
    label: str
    checked: bool


@dataclass(frozen=True, slots=True)
class Choices:
    """A facet's values."""

    title: str
    choices: tuple[Choice, ...]


@dataclass(frozen=True, slots=True)
class Group:
    section: Section
    entries: tuple[Entry, ...]


def plain_form(
    catalogue: Catalogue,
    *,
    document: Mapping[str, Any] | None = None,
    errors: Mapping[str, str] | None = None,
    chosen_template: str = "",
    email: str = "",
    reason: str = "",
    draft: str = "",
    revision: str = "",
    once: str = "",
    kept: Mapping[str, Any] | None = None,
    saving: bool = False,
    keeps_drafts: bool = True,
    adapts: str = "",
    unlisted: bool = False,
    revising: Mapping[str, Any] | None = None,
    signed_in_as: str = "",
) -> dict[str, Any]:
    """What `create_plain.html` needs. `document` may be loose: any part missing, or text where a number belongs.

    `revising` is `{id, slug, title, sha256}` of the rule that is being revised. `draft` and `revision` name the draft
    on show and `kept` says how it stands: `{saved, earlier, saved_at, gaps}`. `saving`: what was rejected was to be
    kept, not published. `once` makes the form publish once. `adapts` is the version that the rule began with, as
    `<slug>/v/<number>`.
    """
    document, errors = document or {}, dict(errors or {})
    community = document.get("community") or {}
    return {
        "templates": catalogue.templates,
        "language": document.get("language") or "en",
        "languages": LANGUAGES,
        "name": _control("community.name", "Name of your community", "line", community.get("name"), errors),
        "context": _control(
            "community.context", "What is it for, in a sentence or two?", "text", community.get("context"), errors
        ),
        "facets": [_choices(facet, community.get(facet.id) or []) for facet in catalogue.facets],
        "groups": [_group(catalogue.section(id), document.get(id) or [], errors) for id in SECTIONS],
        "chosen_template": chosen_template,
        "email": email,
        "reason": reason,
        "draft": draft,
        "revision": revision,
        "once": once,
        "kept": kept,
        "saving": saving,
        "keeps_drafts": keeps_drafts,
        "adapts": adapts,
        "unlisted": unlisted,
        "errors": errors,
        "revising": revising,
        "signed_in_as": signed_in_as,
    }


def _choices(facet: Facet, chosen: Sequence[str]) -> Choices:
    boxes = (Choice(f"community.{facet.id}.{value.id}", value.title, value.id in chosen) for value in facet.values)
    return Choices(facet.title, tuple(boxes))


def _group(section: Section, entries: list[Mapping[str, Any]], errors: Mapping[str, str]) -> Group:
    """The entries that are there, and one blank one to write in."""
    filled = [_entry(section, index, entry, errors) for index, entry in enumerate(entries)]
    return Group(section, (*filled, _entry(section, len(entries), {}, errors)))


def _entry(section: Section, index: int, entry: Mapping[str, Any], errors: Mapping[str, str]) -> Entry:
    prefix = f"{section.id}.{index}"
    make = _value_controls if section.id == "values" else _method_controls
    hidden = tuple((f"{prefix}.{key}", str(entry[key])) for key in ("id", "own") if entry.get(key))
    return Entry(prefix, str(entry.get("title") or ""), hidden, tuple(make(section, prefix, entry, errors)), not entry)


def _value_controls(
    section: Section, prefix: str, entry: Mapping[str, Any], errors: Mapping[str, str]
) -> list[Control]:
    return [
        _control(f"{prefix}.title", "Value", "line", entry.get("title"), errors),
        _control(f"{prefix}.meaning", "What it means to us", "text", entry.get("meaning"), errors),
        _control(f"{prefix}.practice", "What it looks like in practice", "text", entry.get("practice"), errors),
    ]


def _method_controls(
    section: Section, prefix: str, entry: Mapping[str, Any], errors: Mapping[str, str]
) -> list[Control]:
    controls = [
        _control(f"{prefix}.title", "Title", "line", entry.get("title"), errors),
        _control(f"{prefix}.summary", "In our own words", "text", entry.get("summary"), errors),
    ]
    fields = entry.get("fields") or {}
    for field in section.fields:
        if field.id in fields:
            name = f"{prefix}.fields.{field.id}"
            controls.append(_control(name, field.title, field.kind, fields[field.id], errors))
    return controls


def _control(name: str, label: str, kind: str, value: Any, errors: Mapping[str, str]) -> Control:
    text = (
        "\n".join(str(item) for item in value) if isinstance(value, list) else str(value if value is not None else "")
    )
    return Control(name, label, kind, text, errors.get(name, ""))
