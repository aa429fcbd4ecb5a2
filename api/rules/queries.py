"""Every statement about rules, versions and places."""

from dataclasses import dataclass
from typing import Any

from psycopg import Connection
from psycopg.rows import class_row

RULE_COLUMNS = """
    r.id, r.slug, r.title, r.context, r.state, r.version, v.sha256, r.owner_id,
    to_char(r.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS created_at,
    to_char(r.updated_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS updated_at,
    to_char(r.published_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS published_at
"""

DRAFT_COLUMNS = """
    id, coalesce(document -> 'community' ->> 'name', '') AS title, document, template,
    to_char(updated_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS updated_at
"""


@dataclass(frozen=True, slots=True)
class RuleRow:
    """A rule with its current version's number and hash. Times are UTC text."""

    id: int
    slug: str
    title: str
    context: str
    state: str
    version: int
    sha256: str
    owner_id: int | None
    created_at: str
    updated_at: str
    published_at: str


@dataclass(frozen=True, slots=True)
class DraftRow:
    id: int
    title: str
    document: dict[str, Any]
    template: str
    updated_at: str


def add_rule(
    connection: Connection[Any], *, slug: str, owner_id: int, title: str, context: str, document: str, sha256: str
) -> RuleRow:
    """A rule and its version 1."""
    with connection.cursor(row_factory=class_row(RuleRow)) as cursor:
        row = cursor.execute(
            f"""
            WITH r AS (
                INSERT INTO rule (slug, owner_id, title, context, version, published_at)
                VALUES (%(slug)s, %(owner)s, %(title)s, %(context)s, 1, date_trunc('second', now())) RETURNING *
            ), v AS (
                INSERT INTO rule_version (rule_id, number, document, sha256, reason, published_at)
                SELECT id, version, %(document)s, %(sha256)s, '', published_at FROM r RETURNING sha256
            )
            SELECT {RULE_COLUMNS} FROM r, v
            """,
            {
                "slug": slug,
                "owner": owner_id,
                "title": title,
                "context": context,
                "document": document,
                "sha256": sha256,
            },
        ).fetchone()
    assert row is not None
    return row


def add_version(
    connection: Connection[Any], rule_id: int, *, number: int, document: str, sha256: str, reason: str
) -> None:
    connection.execute(
        "INSERT INTO rule_version (rule_id, number, document, sha256, reason, published_at)"
        " VALUES (%s, %s, %s, %s, %s, date_trunc('second', now()))",
        [rule_id, number, document, sha256, reason],
    )


def move_to_version(connection: Connection[Any], rule_id: int, *, number: int, title: str, context: str) -> None:
    connection.execute(
        "UPDATE rule SET version = %s, title = %s, context = %s, published_at = date_trunc('second', now()),"
        " updated_at = now() WHERE id = %s",
        [number, title, context, rule_id],
    )


def set_state(connection: Connection[Any], rule_id: int, state: str) -> None:
    connection.execute("UPDATE rule SET state = %s, updated_at = now() WHERE id = %s", [state, rule_id])


def enter_listing(connection: Connection[Any], rule_id: int, listing: str) -> None:
    """Give the rule its permanent place, or back the one it had; nothing when it is in it. Locks the counter: last
    before COMMIT."""
    connection.execute(
        """
        WITH known AS (
            SELECT listed FROM place WHERE rule_id = %(rule)s AND listing = %(listing)s
        ), returned AS (
            UPDATE place SET listed = true WHERE rule_id = %(rule)s AND listing = %(listing)s AND NOT listed
        ), counter AS (
            UPDATE listing SET listed = listed + 1,
                highest = highest + CASE WHEN EXISTS (SELECT FROM known) THEN 0 ELSE 1 END
            WHERE name = %(listing)s AND NOT EXISTS (SELECT FROM known WHERE listed) RETURNING highest
        )
        INSERT INTO place (listing, place, rule_id)
        SELECT %(listing)s, highest, %(rule)s FROM counter WHERE NOT EXISTS (SELECT FROM known)
        """,
        {"listing": listing, "rule": rule_id},
    )


def leave_listing(connection: Connection[Any], rule_id: int, listing: str) -> None:
    connection.execute(
        "WITH gone AS (UPDATE place SET listed = false WHERE rule_id = %(rule)s AND listing = %(listing)s AND listed"
        " RETURNING 1)"
        " UPDATE listing SET listed = listed - 1 WHERE name = %(listing)s AND EXISTS (SELECT FROM gone)",
        {"listing": listing, "rule": rule_id},
    )


def lock_rule(connection: Connection[Any], rule_id: int) -> RuleRow | None:
    """The rule, held until the transaction ends."""
    with connection.cursor(row_factory=class_row(RuleRow)) as cursor:
        return cursor.execute(
            f"SELECT {RULE_COLUMNS} FROM rule r JOIN rule_version v ON v.rule_id = r.id AND v.number = r.version"
            " WHERE r.id = %s FOR UPDATE OF r",
            [rule_id],
        ).fetchone()


def find_rule(connection: Connection[Any], rule_id: int) -> RuleRow | None:
    with connection.cursor(row_factory=class_row(RuleRow)) as cursor:
        return cursor.execute(
            f"SELECT {RULE_COLUMNS} FROM rule r JOIN rule_version v ON v.rule_id = r.id AND v.number = r.version"
            " WHERE r.id = %s",
            [rule_id],
        ).fetchone()


def find_document(connection: Connection[Any], rule_id: int, number: int) -> str:
    """A version's canonical JSON."""
    row = connection.execute(
        "SELECT document FROM rule_version WHERE rule_id = %s AND number = %s", [rule_id, number]
    ).fetchone()
    assert row is not None
    return str(row[0])


def newest_rules(connection: Connection[Any], limit: int) -> list[RuleRow]:
    """Rules of the library, highest place first."""
    with connection.cursor(row_factory=class_row(RuleRow)) as cursor:
        return cursor.execute(
            f"SELECT {RULE_COLUMNS} FROM place p JOIN rule r ON r.id = p.rule_id"
            " JOIN rule_version v ON v.rule_id = r.id AND v.number = r.version"
            " WHERE p.listing = 'library' AND p.listed ORDER BY p.place DESC LIMIT %s",
            [limit],
        ).fetchall()


def rules_of(connection: Connection[Any], person_id: int) -> list[RuleRow]:
    with connection.cursor(row_factory=class_row(RuleRow)) as cursor:
        return cursor.execute(
            f"SELECT {RULE_COLUMNS} FROM rule r JOIN rule_version v ON v.rule_id = r.id AND v.number = r.version"
            " WHERE r.owner_id = %s ORDER BY r.updated_at DESC, r.id DESC LIMIT 200",
            [person_id],
        ).fetchall()


def drafts_of(connection: Connection[Any], person_id: int) -> list[DraftRow]:
    with connection.cursor(row_factory=class_row(DraftRow)) as cursor:
        return cursor.execute(
            f"SELECT {DRAFT_COLUMNS} FROM draft WHERE person_id = %s ORDER BY updated_at DESC, id DESC LIMIT 50",
            [person_id],
        ).fetchall()


def find_draft(connection: Connection[Any], draft_id: int, person_id: int) -> DraftRow | None:
    with connection.cursor(row_factory=class_row(DraftRow)) as cursor:
        return cursor.execute(
            f"SELECT {DRAFT_COLUMNS} FROM draft WHERE id = %s AND person_id = %s", [draft_id, person_id]
        ).fetchone()


def delete_draft(connection: Connection[Any], draft_id: int, person_id: int) -> bool:
    """False when it was not there."""
    found = connection.execute("DELETE FROM draft WHERE id = %s AND person_id = %s", [draft_id, person_id])
    return found.rowcount == 1
