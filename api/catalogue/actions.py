"""Reading and ranking the catalogue, and copying its files into rows.

Until the first seed the files themselves stand in for the rows, without fits: all is there, and every score is 0.
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from itertools import groupby
from typing import Any

from api.catalogue import queries
from api.catalogue.queries import EntryRow
from api.database import Database, Transaction
from api.errors import DatabaseAway, NotFound
from api.jobs.queries import ask_for_release
from rulepages.catalogue import METHOD_SECTIONS, SECTIONS, Catalogue, Facet
from rulepages.recommendations import Deck, Recommendation, method_deck, rank, template_deck

ID = re.compile(r"[a-z0-9-]{1,80}")
UNITS = ("facets", *SECTIONS, "templates")  # what one transaction of a seed copies

Facets = Mapping[str, set[str]]  # values by facet, as they were asked for


@dataclass(frozen=True, slots=True)
class Listing:
    """Entries in their order. `matches`: each one's recommendation by id; None when none was asked for, or can be had.

    `settled` is false while the rows are not there: such an answer must not be kept.
    """

    entries: list[EntryRow]
    matches: Mapping[str, Recommendation] | None
    facet_of: Mapping[str, str]
    settled: bool


@dataclass(frozen=True, slots=True)
class SeedReport:
    """What one transaction of a seed did to the entries of `unit`, by their ids."""

    unit: str
    added: list[str]
    changed: list[str]
    removed: list[str]
    left: list[str]

    @property
    def touched(self) -> bool:
        return bool(self.added or self.changed or self.removed)


# -- reading ----------------------------------------------------------------------------------------------------------


def list_methods(*, database: Database, files: Callable[[], Catalogue], section: str, facets: Facets) -> Listing:
    """A section's methods, or all values. While the database is away they come from the files, and unranked."""
    try:
        with database.connection() as connection:
            found = _parts(queries.entries(connection, ["facets", section]))
    except DatabaseAway:
        return Listing(rows_of(files())[section], None, {}, settled=False)
    if not (settled := {"facets", section} <= found.keys()):
        found = _without_fits(rows_of(files()))
    fits = {row.id: row.entry["fits"] for row in found[section] if section != "values"}
    deck = method_deck(_words(found["facets"]), fits)
    return _listing(found[section], deck if fits else None, found["facets"], facets, settled=settled)


def list_templates(*, database: Database, files: Callable[[], Catalogue], facets: Facets) -> Listing:
    with database.connection() as connection:
        found = _parts(queries.entries(connection, ["facets", "templates"]))
        methods = {(row.part, row.id): row.fits for row in queries.fits(connection, list(METHOD_SECTIONS))}
    if not (settled := {"facets", "templates"} <= found.keys()):
        found = _without_fits(rows_of(files())) | found
    templates = found["templates"]
    fits = {row.id: row.entry["fits"] for row in templates}
    behind = {row.id: [methods.get(method, []) for method in methods_of(row)] for row in templates}
    deck = template_deck(_words(found["facets"]), fits, behind)
    return _listing(templates, deck, found["facets"], facets, settled=settled)


def read_template(*, database: Database, files: Callable[[], Catalogue], id: str) -> tuple[EntryRow, bool]:
    """The template, and whether it comes from the rows. NotFound without one of that id."""
    if ID.fullmatch(id):
        with database.connection() as connection:
            row = queries.find_entry(connection, "templates", id)
            settled = row is not None or queries.has_entries(connection, "templates")
        if not settled:
            row = next((row for row in rows_of(files())["templates"] if row.id == id), None)
        if row is not None:
            return row, settled
    raise NotFound("There is no such template.")


def chosen_values(*, known: Iterable[Facet], facets: Facets) -> set[str]:
    """What was asked for and exists, by the ids of facet values."""
    return {value.id for facet in known for value in facet.values if value.id in facets.get(facet.id, ())}


def methods_of(template: EntryRow) -> list[tuple[str, str]]:
    """The methods that a template is made of: (section, id)."""
    body = template.entry["body"]
    return [(section, method["id"]) for section in METHOD_SECTIONS for method in body[section]]


def _listing(
    entries: list[EntryRow], deck: Deck | None, known: list[EntryRow], asked: Facets, *, settled: bool
) -> Listing:
    facet_of = {value["id"]: facet.id for facet in known for value in facet.entry["values"]}
    chosen = [value for value, facet in facet_of.items() if value in asked.get(facet, ())]
    if deck is None or not chosen:
        return Listing(entries, None, facet_of, settled=settled)
    matches = {match.id: match for match in rank(deck, chosen)}
    by_id = {row.id: row for row in entries}
    return Listing([by_id[id] for id in matches], matches, facet_of, settled=settled)


def _parts(rows: Iterable[EntryRow]) -> dict[str, list[EntryRow]]:
    return {part: list(found) for part, found in groupby(rows, key=lambda row: row.part)}


def _words(facets: list[EntryRow]) -> dict[str, str]:
    return {value["id"]: value["words"] for facet in facets for value in facet.entry["values"]}


def _without_fits(rows: dict[str, list[EntryRow]]) -> dict[str, list[EntryRow]]:
    return {
        part: [replace(row, entry=row.entry | {"fits": []}) if "fits" in row.entry else row for row in found]
        for part, found in rows.items()
    }


# -- copying ----------------------------------------------------------------------------------------------------------


def seed_catalogue(*, connection: Transaction, catalogue: Catalogue) -> list[SeedReport]:
    """Make the rows what the files say: the facets, each section with its words and entries, the templates.

    Each of these is one transaction, so that nobody meets half a section. One that changed something asks for a release
    in the same commit. An entry has changed when anything that its file says has, also what only pages show.
    """
    rows = rows_of(catalogue)
    own = {unit: [row for row in rows["sections"] if row.id == unit] for unit in UNITS}
    return [_seed_unit(connection, unit, own[unit] + rows[unit]) for unit in UNITS]


def _seed_unit(connection: Transaction, unit: str, wanted: list[EntryRow]) -> SeedReport:
    report = SeedReport(unit, [], [], [], [])
    with connection.transaction():
        queries.lock_entries(connection)
        before = {(row.part, row.id): _plain(row) for row in queries.entries_of_unit(connection, unit)}
        for row in wanted:
            there = before.pop((row.part, row.id), None)
            kind = report.added if there is None else report.left if there == _plain(row) else report.changed
            kind.append(row.id)
            if kind is not report.left:
                queries.put_entry(connection, row)
        for part, id in sorted(before):
            queries.delete_entry(connection, part, id)
            report.removed.append(id)
        if report.touched:
            ask_for_release(connection, by="seed")
    return report


def rows_of(catalogue: Catalogue) -> dict[str, list[EntryRow]]:
    """Everything that the files say, as rows by part: the fields of the catalogue's own types, as JSON.

    A template has a `body` besides: its values and methods as they stand in a rule document.
    """
    templates = [
        asdict(template) | {"body": {"schema": 1, "template": template.id, **catalogue.document(template)}}
        for template in catalogue.templates
    ]
    parts: dict[str, Iterable[dict[str, Any]]] = {
        "facets": map(asdict, catalogue.facets),
        "sections": map(asdict, catalogue.sections),
        "values": map(asdict, catalogue.values.values()),
        **{section: map(asdict, catalogue.methods_of(section)) for section in METHOD_SECTIONS},
        "templates": templates,
    }
    return {
        part: [EntryRow(part, entry["id"], place, json.loads(json.dumps(entry))) for place, entry in enumerate(entries)]
        for part, entries in parts.items()
    }


def _plain(row: EntryRow) -> tuple[int, str]:
    """For comparing: the order of fields counts."""
    return row.place, json.dumps(row.entry)
