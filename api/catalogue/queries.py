"""Every statement about the catalogue's rows."""

from dataclasses import dataclass
from typing import Any

from psycopg import Connection
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

COLUMNS = "id, title, summary, place, featured, body"


@dataclass(frozen=True, slots=True)
class TemplateRow:
    """`body` holds the template's sections as they stand in a rule document; `place` orders templates, from 0."""

    id: str
    title: str
    summary: str
    place: int
    featured: bool
    body: dict[str, Any]


def all_templates(connection: Connection[Any]) -> list[TemplateRow]:
    with connection.cursor(row_factory=class_row(TemplateRow)) as cursor:
        return cursor.execute(f"SELECT {COLUMNS} FROM template ORDER BY place, id").fetchall()


def find_template(connection: Connection[Any], id: str) -> TemplateRow | None:
    with connection.cursor(row_factory=class_row(TemplateRow)) as cursor:
        return cursor.execute(f"SELECT {COLUMNS} FROM template WHERE id = %s", [id]).fetchone()


def put_template(connection: Connection[Any], row: TemplateRow) -> None:
    connection.execute(
        "INSERT INTO template (id, title, summary, place, featured, body) VALUES (%s, %s, %s, %s, %s, %s)"
        " ON CONFLICT (id) DO UPDATE SET title = excluded.title, summary = excluded.summary, place = excluded.place,"
        " featured = excluded.featured, body = excluded.body",
        [row.id, row.title, row.summary, row.place, row.featured, Jsonb(row.body)],
    )


def delete_templates(connection: Connection[Any], ids: list[str]) -> None:
    connection.execute("DELETE FROM template WHERE id = ANY(%s)", [ids])
