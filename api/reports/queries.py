"""Every statement about reports."""

from dataclasses import dataclass
from typing import Any

from psycopg import Connection
from psycopg.rows import class_row


@dataclass(frozen=True, slots=True)
class ReportedRule:
    title: str
    state: str


def find_rule(connection: Connection[Any], slug: str) -> ReportedRule | None:
    with connection.cursor(row_factory=class_row(ReportedRule)) as cursor:
        return cursor.execute("SELECT title, state FROM rule WHERE slug = %s", [slug]).fetchone()


def add_report(connection: Connection[Any], *, slug: str, reason: str, words: str, sha256: bytes) -> int | None:
    """The report's number; None when the same report is open already."""
    row = connection.execute(
        "INSERT INTO report (rule_slug, reason, words, sha256) VALUES (%s, %s, %s, %s)"
        " ON CONFLICT (sha256) WHERE state = 'open' DO NOTHING RETURNING id",
        [slug, reason, words, sha256],
    ).fetchone()
    return int(row[0]) if row else None
