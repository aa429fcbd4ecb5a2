"""Every statement about the catalogue's rows."""

from dataclasses import dataclass
from typing import Any

from psycopg import Connection
from psycopg.rows import class_row
from psycopg.types.json import Json

COLUMNS = "part, id, place, entry"


@dataclass(frozen=True, slots=True)
class EntryRow:
    """All that the files say of one entry; `place` orders those of a part, from 0. See `actions.rows_of`."""

    part: str
    id: str
    place: int
    entry: dict[str, Any]


@dataclass(frozen=True, slots=True)
class FitsRow:
    """The facet values that an entry fits."""

    part: str
    id: str
    fits: list[str]


def entries(connection: Connection[Any], parts: list[str]) -> list[EntryRow]:
    with connection.cursor(row_factory=class_row(EntryRow)) as cursor:
        return cursor.execute(
            f"SELECT {COLUMNS} FROM catalogue_entry WHERE part = ANY(%s) ORDER BY part, place, id", [parts]
        ).fetchall()


def find_entry(connection: Connection[Any], part: str, id: str) -> EntryRow | None:
    with connection.cursor(row_factory=class_row(EntryRow)) as cursor:
        return cursor.execute(
            f"SELECT {COLUMNS} FROM catalogue_entry WHERE part = %s AND id = %s", [part, id]
        ).fetchone()


def has_entries(connection: Connection[Any], part: str) -> bool:
    row = connection.execute("SELECT EXISTS (SELECT FROM catalogue_entry WHERE part = %s)", [part]).fetchone()
    return bool(row and row[0])


def fits(connection: Connection[Any], parts: list[str]) -> list[FitsRow]:
    with connection.cursor(row_factory=class_row(FitsRow)) as cursor:
        return cursor.execute(
            "SELECT part, id, entry -> 'fits' AS fits FROM catalogue_entry WHERE part = ANY(%s)", [parts]
        ).fetchall()


def lock_entries(connection: Connection[Any]) -> None:
    """Keep other writers out until the transaction ends; readers go on."""
    connection.execute("LOCK TABLE catalogue_entry IN SHARE ROW EXCLUSIVE MODE")


def entries_of_unit(connection: Connection[Any], unit: str) -> list[EntryRow]:
    """The entries of a part and, when it is a section, the section's own."""
    with connection.cursor(row_factory=class_row(EntryRow)) as cursor:
        return cursor.execute(
            f"SELECT {COLUMNS} FROM catalogue_entry WHERE part = %(unit)s OR (part = 'sections' AND id = %(unit)s)",
            {"unit": unit},
        ).fetchall()


def put_entry(connection: Connection[Any], row: EntryRow) -> None:
    connection.execute(
        "INSERT INTO catalogue_entry (part, id, place, entry) VALUES (%s, %s, %s, %s)"
        " ON CONFLICT (part, id) DO UPDATE SET place = excluded.place, entry = excluded.entry",
        [row.part, row.id, row.place, Json(row.entry)],
    )


def delete_entry(connection: Connection[Any], part: str, id: str) -> None:
    connection.execute("DELETE FROM catalogue_entry WHERE part = %s AND id = %s", [part, id])
