"""The catalogue from `seed_data/`: facets, sections, values, methods and templates, in their fixed order."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rulepages.headers import split_headings
from rulepages.tables import Table, distinct, read_header, read_table
from rulepages.text import curly

METHOD_SECTIONS = ("communication", "membership", "decisions", "conflict")
SECTIONS = ("values", *METHOD_SECTIONS)
KINDS = ("text", "list", "percent")


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
    """One thing that a community can say about itself, such as `six-to-twelve` members.

    `words` name it in a sentence. No two values have one id, whatever their facets.
    """

    id: str
    title: str
    words: str


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
    """`fields` holds the default texts by field id, `parts` the body's Markdown by heading, `fits` facet value ids."""

    id: str
    section: str
    title: str
    order: int
    summary: str
    related: tuple[str, ...]
    fields: Mapping[str, str | int | list[str]]
    parts: Mapping[str, str]
    fits: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """One line of a template's composition: a value's or method's id, and why it belongs."""

    id: str
    why: str


@dataclass(frozen=True, slots=True)
class Template:
    """`home` is its place among the templates on the home page, 0 when it is not shown there; `fits` as in `Method`."""

    id: str
    title: str
    order: int
    home: int
    summary: str
    composition: Mapping[str, tuple[Choice, ...]]
    parts: Mapping[str, str]
    fits: tuple[str, ...]


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
    """Read `seed_data/`; `BadFile` names the file and the line where one is wrong."""
    facets = _facets(folder / "facets.toml")
    sections = _sections(folder / "sections.toml")
    values = _values(folder / "values.toml")
    fits = Fits(read_table(folder / "fits.toml"), facets)
    methods: dict[tuple[str, str], Method] = {}
    for section in sections:
        if section.id in METHOD_SECTIONS:
            paths = sorted((folder / "methods" / section.id).glob("*.md"))
            found = [_method(path, section, fits) for path in paths]
            methods |= {(section.id, method.id): method for method in sorted(found, key=lambda m: (m.order, m.id))}
    for (section_id, id), method in methods.items():
        _check_related(folder / "methods" / section_id / f"{id}.md", method, methods)
    known = {"values": set(values)} | {s: {id for where, id in methods if where == s} for s in METHOD_SECTIONS}
    templates = [_template(path, known, fits) for path in sorted((folder / "templates").glob("*.md"))]
    fits.done()
    return Catalogue(sections, facets, values, methods, tuple(sorted(templates, key=lambda t: (t.order, t.id))))


class Fits:
    """`fits.toml`: which facet values each method and each template fits; `take` once for each."""

    def __init__(self, root: Table, facets: tuple[Facet, ...]) -> None:
        self._root, self._facets = root, facets
        self._parts = {part: root.table(part) for part in ("templates", *METHOD_SECTIONS)}

    def take(self, part: str, id: str) -> tuple[str, ...]:
        row = self._parts[part].table(id)
        found = [value for facet in self._facets for value in self._values(row, facet)]
        row.done()
        return tuple(found)

    def done(self) -> None:
        """Refuse a row of something that does not exist."""
        for table in (self._root, *self._parts.values()):
            table.done()

    def _values(self, row: Table, facet: Facet) -> list[str]:
        """In the facet's order, whatever the file's."""
        named, known = row.texts(facet.id), [value.id for value in facet.values]
        for odd in set(named) - set(known):
            raise row.bad(f"{facet.id} has no value {odd!r}: facets.toml lists them", facet.id)
        return [id for id in known if id in named]


def _facets(path: Path) -> tuple[Facet, ...]:
    root = read_table(path)
    tables = root.tables("facet")
    facets = tuple(_facet(table) for table in tables)
    values = [table for facet in tables for table in facet.tables("value")]
    distinct(zip(tables, [facet.id for facet in facets], strict=True))
    distinct(zip(values, [value.id for facet in facets for value in facet.values], strict=True))
    root.done()
    return facets


def _facet(table: Table) -> Facet:
    facet = Facet(
        id=table.id(),
        title=table.text("title"),
        values=tuple(_facet_value(value) for value in table.tables("value")),
    )
    table.done()
    return facet


def _facet_value(table: Table) -> FacetValue:
    value = FacetValue(table.id(), table.text("title"), table.text("words"))
    table.done()
    return value


def _sections(path: Path) -> tuple[Section, ...]:
    root = read_table(path)
    sections = tuple(_section(table) for table in root.tables("section"))
    root.done()
    if tuple(section.id for section in sections) != SECTIONS:
        raise root.bad(f"the sections are {', '.join(SECTIONS)}, in this order", "section")
    return sections


def _section(table: Table) -> Section:
    tables = table.tables("field")
    fields = tuple(_field(field) for field in tables)
    distinct(zip(tables, [field.id for field in fields], strict=True))
    section = Section(table.id(), table.text("title"), table.text("lead"), fields)
    table.done()
    return section


def _field(table: Table) -> Field:
    field = Field(table.id(), table.text("title"), table.text("kind"))
    table.done()
    if field.kind not in KINDS:
        raise table.bad(f"kind is {field.kind!r}: give one of {', '.join(KINDS)}", "kind")
    return field


def _values(path: Path) -> dict[str, Value]:
    root = read_table(path)
    tables = root.tables("value")
    values = [_value(table) for table in tables]
    distinct(zip(tables, [value.id for value in values], strict=True))
    root.done()
    return {value.id: value for value in values}


def _value(table: Table) -> Value:
    texts = (_printed(table.text(key)) for key in ("title", "meaning", "practice"))
    value = Value(table.id(), *texts)
    table.done()
    return value


def _method(path: Path, section: Section, fits: Fits) -> Method:
    header, body = read_header(path)
    method = Method(
        id=_id_of_file(header, path),
        section=section.id,
        title=header.text("title"),
        order=header.number("order"),
        summary=_printed(header.text("summary")),
        related=header.texts("related"),
        fields=_fields(header.table("fields"), section),
        parts=_printed(split_headings(body)),
        fits=fits.take(section.id, path.stem),
    )
    header.done()
    return method


def _fields(texts: Table, section: Section) -> dict[str, str | int | list[str]]:
    """Each of the section's fields and no other, in the file's order."""
    kinds = {field.id: field.kind for field in section.fields}
    for name in texts.names():
        if name not in kinds:
            raise texts.bad(f"{name} is no field of {section.id}: sections.toml lists them", name)
    found = {id: _printed(texts.value(id, kind)) for id, kind in kinds.items()}
    return {name: found[name] for name in texts.names()}


def _check_related(path: Path, method: Method, methods: Mapping[tuple[str, str], Method]) -> None:
    for other in method.related:
        if (method.section, other) not in methods:
            raise read_header(path)[0].bad(f"no {method.section} method is called {other}", "related")


def _template(path: Path, known: Mapping[str, set[str]], fits: Fits) -> Template:
    header, body = read_header(path)
    composition = header.table("composition")
    template = Template(
        id=_id_of_file(header, path),
        title=header.text("title"),
        order=header.number("order"),
        home=header.number("home", default=0),
        summary=_printed(header.text("summary")),
        composition={s: tuple(_choice(row, s, known[s]) for row in composition.tables(s)) for s in SECTIONS},
        parts=_printed(split_headings(body)),
        fits=fits.take("templates", path.stem),
    )
    composition.done()
    header.done()
    return template


def _choice(table: Table, section: str, known: set[str]) -> Choice:
    choice = Choice(table.id(), _printed(table.text("why")))
    table.done()
    if choice.id not in known:
        raise table.bad(f"no {section} entry is called {choice.id}", "id")
    return choice


def _id_of_file(header: Table, path: Path) -> str:
    if (id := header.id()) != path.stem:
        raise header.bad(f"id is {id!r}, but the file is called {path.name}", "id")
    return id


def _printed(value: Any) -> Any:
    """Texts as they are printed: without white space around them, with curly quotes; whatever holds them."""
    if isinstance(value, str):
        return curly(value.strip())
    if isinstance(value, dict):
        return {key: _printed(item) for key, item in value.items()}
    return [_printed(item) for item in value] if isinstance(value, list) else value
