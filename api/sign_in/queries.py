"""Every statement about people, magic links and sessions. Only HMACs of tokens come here."""

from dataclasses import dataclass
from typing import Any

from psycopg import Connection
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from api.people import Person


@dataclass(frozen=True, slots=True)
class Link:
    email: str
    next: str
    draft: dict[str, Any] | None


def add_link(
    connection: Connection[Any], *, hmac: bytes, email: str, next: str, draft: dict[str, Any] | None, minutes: int
) -> None:
    connection.execute(
        "INSERT INTO magic_link (token_hmac, email, next, draft, expires_at)"
        " VALUES (%s, %s, %s, %s, now() + make_interval(mins => %s))",
        [hmac, email, next, Jsonb(draft) if draft else None, minutes],
    )


def find_link(connection: Connection[Any], hmac: bytes) -> Link | None:
    """A link that can still be consumed."""
    with connection.cursor(row_factory=class_row(Link)) as cursor:
        return cursor.execute(
            "SELECT email, next, draft FROM magic_link"
            " WHERE token_hmac = %s AND consumed_at IS NULL AND expires_at > now()",
            [hmac],
        ).fetchone()


def consume_link(connection: Connection[Any], hmac: bytes) -> Link | None:
    """Use up a link: of any number of tries at once, one gets it."""
    with connection.cursor(row_factory=class_row(Link)) as cursor:
        return cursor.execute(
            "UPDATE magic_link SET consumed_at = now()"
            " WHERE token_hmac = %s AND consumed_at IS NULL AND expires_at > now() RETURNING email, next, draft",
            [hmac],
        ).fetchone()


def take_drafts(connection: Connection[Any], email: str) -> list[dict[str, Any]]:
    """Drafts that travelled with links to this address that nobody opened, oldest first; each is handed out once."""
    rows = connection.execute(
        "WITH taken AS (SELECT id, draft FROM magic_link WHERE email = %s AND consumed_at IS NULL AND draft IS NOT NULL"
        " FOR UPDATE), emptied AS (UPDATE magic_link SET draft = NULL WHERE id IN (SELECT id FROM taken))"
        " SELECT draft FROM taken ORDER BY id",
        [email],
    ).fetchall()
    return [row[0] for row in rows]


def find_or_add_person(connection: Connection[Any], email: str) -> Person:
    with connection.cursor(row_factory=class_row(Person)) as cursor:
        person = cursor.execute(
            "INSERT INTO person (email) VALUES (%s) ON CONFLICT (email) DO UPDATE SET email = excluded.email"
            " RETURNING id, email, display_name",
            [email],
        ).fetchone()
    assert person is not None
    return person


def add_session(connection: Connection[Any], *, hmac: bytes, person_id: int, days: int) -> None:
    connection.execute(
        "INSERT INTO session (token_hmac, person_id, expires_at) VALUES (%s, %s, now() + make_interval(days => %s))",
        [hmac, person_id, days],
    )


def find_session(connection: Connection[Any], hmac: bytes) -> Person | None:
    with connection.cursor(row_factory=class_row(Person)) as cursor:
        return cursor.execute(
            "SELECT p.id, p.email, p.display_name FROM session s JOIN person p ON p.id = s.person_id"
            " WHERE s.token_hmac = %s AND s.expires_at > now()",
            [hmac],
        ).fetchone()


def end_session(connection: Connection[Any], hmac: bytes) -> None:
    connection.execute("DELETE FROM session WHERE token_hmac = %s", [hmac])
