"""Statements about mail that was queued."""

from dataclasses import dataclass
from typing import Any

from psycopg import Connection
from psycopg.rows import class_row


@dataclass(frozen=True, slots=True)
class QueuedCounts:
    """Mails of one kind: to one recipient within an hour, for one person and in all within a day."""

    recipient: int
    person: int
    site: int


def queued_counts(connection: Connection[Any], *, kind: str, recipient: bytes, person_id: int | None) -> QueuedCounts:
    with connection.cursor(row_factory=class_row(QueuedCounts)) as cursor:
        row = cursor.execute(
            """
            SELECT
                (SELECT count(*) FROM queued_mail WHERE recipient = %(recipient)s AND kind = %(kind)s
                    AND queued_at > now() - interval '1 hour') AS recipient,
                (SELECT count(*) FROM queued_mail WHERE person_id = %(person)s AND kind = %(kind)s
                    AND queued_at > now() - interval '1 day') AS person,
                (SELECT count(*) FROM queued_mail WHERE kind = %(kind)s
                    AND queued_at > now() - interval '1 day') AS site
            """,
            {"kind": kind, "recipient": recipient, "person": person_id},
        ).fetchone()
    assert row is not None
    return row


def note_queued(connection: Connection[Any], *, kind: str, recipient: bytes, person_id: int | None) -> None:
    connection.execute(
        "INSERT INTO queued_mail (kind, recipient, person_id) VALUES (%s, %s, %s)", [kind, recipient, person_id]
    )
