"""Every statement about uploads."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from psycopg import Connection
from psycopg.errors import ForeignKeyViolation

LOCK = "hashtextextended('upload ' || %s, 0)"  # of a name; the words keep it apart from other advisory locks
UNUSED = """
    uploaded_at < now() - make_interval(days => %(days)s)
    AND NOT EXISTS (SELECT FROM version_upload v WHERE v.name = u.name)
    AND NOT EXISTS (SELECT FROM draft_upload d WHERE d.name = u.name)
"""


@dataclass(frozen=True, slots=True)
class Kept:
    """How much a person keeps here."""

    count: int
    bytes: int


def hold_person(connection: Connection[Any], person_id: int) -> None:
    """Nobody else adds something for the same person until the transaction ends."""
    connection.execute("SELECT FROM person WHERE id = %s FOR NO KEY UPDATE", [person_id])


def kept_by(connection: Connection[Any], person_id: int, *, besides: str = "") -> Kept:
    """`besides` is the name of one that does not count, because it is uploaded again."""
    row = connection.execute(
        "SELECT count(*), coalesce(sum(u.bytes), 0) FROM upload_owner o JOIN upload u USING (name)"
        " WHERE o.person_id = %s AND u.name <> %s",
        [person_id, besides],
    ).fetchone()
    assert row is not None
    return Kept(int(row[0]), int(row[1]))


def hold_name(connection: Connection[Any], name: str) -> None:
    """Nobody else adds or removes this file until the transaction ends."""
    connection.execute(f"SELECT pg_advisory_xact_lock({LOCK})", [name])


@contextmanager
def holding_name(connection: Connection[Any], name: str) -> Iterator[None]:
    """The same for as long as the caller likes, over several transactions. A crash frees it at once."""
    connection.execute(f"SELECT pg_advisory_lock({LOCK})", [name])
    try:
        yield
    finally:
        connection.execute(f"SELECT pg_advisory_unlock({LOCK})", [name])


def add_upload(
    connection: Connection[Any], *, name: str, bytes: int, width: int | None, height: int | None, person_id: int
) -> None:
    """What is there already becomes new again."""
    connection.execute(
        "INSERT INTO upload (name, bytes, width, height) VALUES (%s, %s, %s, %s)"
        " ON CONFLICT (name) DO UPDATE SET uploaded_at = now()",
        [name, bytes, width, height],
    )
    connection.execute(
        "INSERT INTO upload_owner (person_id, name) VALUES (%s, %s)"
        " ON CONFLICT (person_id, name) DO UPDATE SET uploaded_at = now()",
        [person_id, name],
    )


def unused_uploads(connection: Connection[Any], *, days: int, limit: int) -> list[str]:
    """Oldest first."""
    rows = connection.execute(
        f"SELECT name FROM upload u WHERE {UNUSED} ORDER BY uploaded_at, name LIMIT %(limit)s",
        {"days": days, "limit": limit},
    ).fetchall()
    return [row[0] for row in rows]


def remove_if_unused(connection: Connection[Any], name: str, *, days: int) -> bool:
    """Forget an upload that nothing refers to; False when something does, if only since a moment ago.

    Whoever writes a document that names it holds its row. We wait for that one, and then the foreign key looks again.
    """
    try:
        with connection.transaction():
            found = connection.execute(
                f"DELETE FROM upload u WHERE name = %(name)s AND {UNUSED}", {"name": name, "days": days}
            )
    except ForeignKeyViolation:
        return False
    return found.rowcount == 1


def is_known(connection: Connection[Any], name: str) -> bool:
    return connection.execute("SELECT FROM upload WHERE name = %s", [name]).rowcount == 1


def unknown_among(connection: Connection[Any], names: list[str]) -> list[str]:
    """Those of the names that have no row."""
    rows = connection.execute(
        "SELECT name FROM unnest(%s::text[]) AS name WHERE NOT EXISTS (SELECT FROM upload u WHERE u.name = name.name)"
        ' ORDER BY name COLLATE "C"',
        [names],
    ).fetchall()
    return [row[0] for row in rows]
