"""Every statement about drafts and their revisions."""

import json
from collections.abc import Sequence
from typing import Any

from psycopg import Connection

from api.document.canonical_json import canonical_json
from api.document.draft import Draft, DraftText

MAX_LISTED = 200  # beyond the drafts that one may begin are those that came with links

DRAFT_COLUMNS = """
    d.id, r.number, to_char(r.saved_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), r.document, r.visibility,
    r.reason, r.base, d.adapts, d.rule_id
"""


def lock_person(connection: Connection[Any], person_id: int) -> None:
    """One at a time counts a person's drafts, and finds the most recent one."""
    connection.execute("SELECT FROM person WHERE id = %s FOR NO KEY UPDATE", [person_id])


def count_drafts(connection: Connection[Any], person_id: int) -> int:
    row = connection.execute("SELECT count(*) FROM draft WHERE person_id = %s", [person_id]).fetchone()
    assert row is not None
    return int(row[0])


def add_draft(
    connection: Connection[Any], person_id: int, text: DraftText, *, adapts: str = "", rule_id: int | None = None
) -> Draft:
    row = connection.execute(
        f"""
        WITH d AS (INSERT INTO draft (person_id, adapts, rule_id, updated_at)
            VALUES (%(person)s, %(adapts)s, %(rule)s, clock_timestamp()) RETURNING *),
        r AS (INSERT INTO draft_revision (draft_id, number, document, visibility, reason, base, saved_at)
            SELECT id, 1, %(document)s, %(visibility)s, %(reason)s, %(base)s, updated_at FROM d RETURNING *)
        SELECT {DRAFT_COLUMNS} FROM d, r
        """,
        {
            "person": person_id,
            "adapts": adapts,
            "rule": rule_id,
            "document": canonical_json(text.document),
            "visibility": text.visibility or "public",
            "reason": text.reason or "",
            "base": text.base or "",
        },
    ).fetchone()
    assert row is not None
    return _draft(row)


def add_revision(connection: Connection[Any], now: Draft, text: DraftText, *, kept: int) -> Draft:
    """The next text of a draft that the caller holds; of its earlier ones the last `kept` stay."""
    row = connection.execute(
        f"""
        WITH d AS (UPDATE draft SET revision = %(number)s, updated_at = clock_timestamp() WHERE id = %(id)s
            RETURNING *),
        r AS (INSERT INTO draft_revision (draft_id, number, document, visibility, reason, base, saved_at)
            SELECT id, revision, %(document)s, %(visibility)s, %(reason)s, %(base)s, updated_at FROM d RETURNING *),
        pruned AS (DELETE FROM draft_revision WHERE draft_id = %(id)s AND number < %(number)s - %(kept)s)
        SELECT {DRAFT_COLUMNS} FROM d, r
        """,
        {
            "id": now.id,
            "number": now.revision + 1,
            "document": canonical_json(text.document),
            "visibility": now.visibility if text.visibility is None else text.visibility,
            "reason": now.reason if text.reason is None else text.reason,
            "base": now.base if text.base is None else text.base,
            "kept": kept,
        },
    ).fetchone()
    assert row is not None
    return _draft(row)


def lock_draft(connection: Connection[Any], draft_id: int, person_id: int) -> Draft | None:
    """The draft as it is now, held until the transaction ends.

    Two statements: one alone would join the row that it waited for with a revision that is no longer the current one.
    """
    held = connection.execute(
        "SELECT FROM draft WHERE id = %s AND person_id = %s FOR UPDATE", [draft_id, person_id]
    ).fetchone()
    return None if held is None else find_draft(connection, draft_id, person_id)


def find_draft(connection: Connection[Any], draft_id: int, person_id: int, number: int | None = None) -> Draft | None:
    """The current text, or that of an earlier revision."""
    row = connection.execute(
        f"SELECT {DRAFT_COLUMNS} FROM draft d"
        " JOIN draft_revision r ON r.draft_id = d.id AND r.number = coalesce(%s, d.revision)"
        " WHERE d.id = %s AND d.person_id = %s",
        [number, draft_id, person_id],
    ).fetchone()
    return _draft(row) if row else None


def find_latest_id(connection: Connection[Any], person_id: int) -> int | None:
    row = connection.execute(
        "SELECT id FROM draft WHERE person_id = %s ORDER BY updated_at DESC, id DESC LIMIT 1", [person_id]
    ).fetchone()
    return row[0] if row else None


def drafts_of(connection: Connection[Any], person_id: int) -> list[Draft]:
    """Last saved first."""
    rows = connection.execute(
        f"SELECT {DRAFT_COLUMNS} FROM draft d JOIN draft_revision r ON r.draft_id = d.id AND r.number = d.revision"
        " WHERE d.person_id = %s ORDER BY d.updated_at DESC, d.id DESC LIMIT %s",
        [person_id, MAX_LISTED],
    ).fetchall()
    return [_draft(row) for row in rows]


def revisions_of(connection: Connection[Any], draft_id: int, person_id: int) -> list[Draft]:
    """Newest first; none when there is no such draft."""
    rows = connection.execute(
        f"SELECT {DRAFT_COLUMNS} FROM draft d JOIN draft_revision r ON r.draft_id = d.id"
        " WHERE d.id = %s AND d.person_id = %s ORDER BY r.number DESC",
        [draft_id, person_id],
    ).fetchall()
    return [_draft(row) for row in rows]


def delete_draft(connection: Connection[Any], draft_id: int) -> None:
    """With all its revisions."""
    connection.execute("DELETE FROM draft WHERE id = %s", [draft_id])


def _draft(row: Sequence[Any]) -> Draft:
    id, number, saved_at, document, *rest = row
    return Draft(id, number, saved_at, json.loads(document), *rest)
