"""The catalogue from `seed_data/`: sections, values, methods and templates, in their fixed order."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rulepages.headers import BadFile, read_file, split_headings
from rulepages.text import curly

METHOD_SECTIONS = ("communication", "membership", "decisions", "conflict")
SECTIONS = ("values", *METHOD_SECTIONS)


@dataclass(frozen=True, slots=True)
class Field:
    """A detail field of a section's methods. `kind` is `text`, `list` or `percent`."""

    id: str
    title: str
    kind: str


@dataclass(frozen=True, slots=True)
class Section:
    id: str
    title: str
    lead: str
    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class FacetValue:
    """One thing that a community can say about itself, such as `six-to-twelve` members."""

    id: str
    title: str


@dataclass(frozen=True, slots=True)
class Facet:
    """A fact about a community. `id` is its key in a document's `community`."""

    id: str
    title: str
    values: tuple[FacetValue, ...]


@dataclass(frozen=True, slots=True)
class Value:
    id: str
    title: str
    meaning: str
    practice: str


@dataclass(frozen=True, slots=True)
class Method:
    """`fields` holds the default texts by field id; `parts` the body's Markdown by heading."""

    id: str
    section: str
    title: str
    order: int
    summary: str
    related: tuple[str, ...]
    fields: Mapping[str, str | int | list[str]]
    parts: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Choice:
    """One line of a template's composition: a value's or method's id, and why it belongs."""

    id: str
    why: str


@dataclass(frozen=True, slots=True)
class Template:
    """`home` is its place among the templates on the home page, 0 when it is not shown there."""

    id: str
    title: str
    order: int
    home: int
    summary: str
    composition: Mapping[str, tuple[Choice, ...]]
    parts: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Catalogue:
    sections: tuple[Section, ...]
    facets: tuple[Facet, ...]
    values: Mapping[str, Value]
    methods: Mapping[tuple[str, str], Method]  # by (section, id)
    templates: tuple[Template, ...]

    def section(self, id: str) -> Section:
        return next(section for section in self.sections if section.id == id)

    def methods_of(self, section: str) -> list[Method]:
        """In their fixed order."""
        return [method for (where, _), method in self.methods.items() if where == section]

    def template(self, id: str) -> Template | None:
        return next((template for template in self.templates if template.id == id), None)

    def document(self, template: Template) -> dict[str, list[dict[str, Any]]]:
        """The template's values and methods as the section lists of a rule document, with their full texts."""
        lists: dict[str, list[dict[str, Any]]] = {"values": []}
        for choice in template.composition["values"]:
            value = self.values[choice.id]
            entry = {"id": value.id, "title": value.title, "meaning": value.meaning, "practice": value.practice}
            lists["values"].append(entry)
        for section in METHOD_SECTIONS:
            lists[section] = [self.entry(section, choice.id) for choice in template.composition[section]]
        return lists

    def entry(self, section: str, id: str) -> dict[str, Any]:
        """A method as it stands in a rule document."""
        method = self.methods[section, id]
        return {"id": id, "title": method.title, "summary": method.summary, "fields": dict(method.fields)}


def load_catalogue(folder: Path) -> Catalogue:
    """Read `seed_data/`; `BadFile` names the file when one is wrong."""
    sections = tuple(_section(row) for row in _toml(folder / "sections.toml")["section"])
    facets = tuple(_facet(row) for row in _toml(folder / "facets.toml")["facet"])
    values = {row["id"]: Value(**_printed(row)) for row in _toml(folder / "values.toml")["value"]}
    methods: dict[tuple[str, str], Method] = {}
    for section in METHOD_SECTIONS:
        found = [_method(path, section) for path in sorted((folder / "methods" / section).glob("*.md"))]
        methods |= {(section, method.id): method for method in sorted(found, key=lambda m: (m.order, m.id))}
    templates = [_template(path) for path in sorted((folder / "templates").glob("*.md"))]
    catalogue = Catalogue(sections, facets, values, methods, tuple(sorted(templates, key=lambda t: (t.order, t.id))))
    _check(catalogue, folder)
    return catalogue


def _toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, OSError) as error:
        raise BadFile(f"{path}: {error}") from error


def _section(row: Mapping[str, Any]) -> Section:
    fields = tuple(Field(**field) for field in row.get("field", []))
    return Section(row["id"], row["title"], row["lead"], fields)


def _facet(row: Mapping[str, Any]) -> Facet:
    return Facet(row["id"], row["title"], tuple(FacetValue(**value) for value in row["value"]))


def _method(path: Path, section: str) -> Method:
    header, body = read_file(path)
    try:
        return Method(
            id=header["id"],
            section=section,
            title=header["title"],
            order=header["order"],
            summary=_printed(header["summary"]),
            related=tuple(header["related"]),
            fields=_printed(header["fields"]),
            parts=_printed(split_headings(body)),
        )
    except KeyError as error:
        raise BadFile(f"{path}: the header has no {error}") from error


def _template(path: Path) -> Template:
    header, body = read_file(path)
    try:
        composition = {
            section: tuple(Choice(row["id"], _printed(row["why"])) for row in header["composition"][section])
            for section in SECTIONS
        }
        return Template(
            id=header["id"],
            title=header["title"],
            order=header["order"],
            home=header.get("home", 0),
            summary=_printed(header["summary"]),
            composition=composition,
            parts=_printed(split_headings(body)),
        )
    except KeyError as error:
        raise BadFile(f"{path}: the header has no {error}") from error


def _printed(value: Any) -> Any:
    """Texts as they are printed: without white space around them, with curly quotes; whatever holds them."""
    if isinstance(value, str):
        return curly(value.strip())
    if isinstance(value, dict):
        return {key: _printed(item) for key, item in value.items()}
    return [_printed(item) for item in value] if isinstance(value, list) else value


def _check(catalogue: Catalogue, folder: Path) -> None:
    """Every template's composition names values and methods that exist; every method fills its section's fields."""
    for template in catalogue.templates:
        for section, choices in template.composition.items():
            known = catalogue.values if section == "values" else {id for s, id in catalogue.methods if s == section}
            for choice in choices:
                if choice.id not in known:
                    raise BadFile(f"{folder}/templates/{template.id}.md: no {section} entry is called {choice.id}")
    for (section, id), method in catalogue.methods.items():
        wanted = {field.id for field in catalogue.section(section).fields}
        for other in method.related:
            if (section, other) not in catalogue.methods:
                raise BadFile(f"{folder}/methods/{section}/{id}.md: no {section} method is called {other}")
        if set(method.fields) != wanted:
            odd = ", ".join(sorted(wanted ^ set(method.fields)))
            raise BadFile(f"{folder}/methods/{section}/{id}.md: [fields] differs from sections.toml in: {odd}")
