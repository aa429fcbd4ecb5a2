"""Reading templates, and copying the catalogue's files into rows."""

import re
from dataclasses import dataclass
from typing import Any

from api.catalogue import queries
from api.catalogue.queries import TemplateRow
from api.database import Database, Transaction
from api.errors import NotFound
from api.jobs.queries import add_job
from rulepages.catalogue import Catalogue

ID = re.compile(r"[a-z0-9-]{1,80}")


@dataclass(frozen=True, slots=True)
class SeedReport:
    added: list[str]
    changed: list[str]
    left: list[str]
    removed: list[str]

    @property
    def touched(self) -> bool:
        return bool(self.added or self.changed or self.removed)


def list_templates(*, database: Database) -> list[TemplateRow]:
    with database.connection() as connection:
        return queries.all_templates(connection)


def read_template(*, database: Database, id: str) -> TemplateRow:
    template = None
    if ID.fullmatch(id):
        with database.connection() as connection:
            template = queries.find_template(connection, id)
    if template is None:
        raise NotFound("There is no such template.")
    return template


def seed_catalogue(*, connection: Transaction, catalogue: Catalogue) -> SeedReport:
    """Make the rows what the files say, in one transaction. When anything differs, a new release is asked for."""
    wanted = [_row(catalogue, place) for place in range(len(catalogue.templates))]
    with connection.transaction():
        before = {row.id: row for row in queries.all_templates(connection)}
        report = SeedReport(
            added=[row.id for row in wanted if row.id not in before],
            changed=[row.id for row in wanted if row.id in before and before[row.id] != row],
            left=[row.id for row in wanted if before.get(row.id) == row],
            removed=sorted(before.keys() - {row.id for row in wanted}),
        )
        for row in wanted:
            if row.id not in report.left:
                queries.put_template(connection, row)
        queries.delete_templates(connection, report.removed)
        if report.touched:
            add_job(connection, "release", payload={"by": "seed"})
    return report


def _row(catalogue: Catalogue, place: int) -> TemplateRow:
    template = catalogue.templates[place]
    body: dict[str, Any] = {"schema": 1, "template": template.id, **catalogue.document(template)}
    return TemplateRow(
        id=template.id,
        title=template.title,
        summary=template.summary,
        place=place,
        featured=bool(template.home),
        body=body,
    )
