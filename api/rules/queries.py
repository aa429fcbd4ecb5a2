"""Every statement about rules, versions and places, and the keys that publish once."""

from dataclasses import dataclass
from typing import Any

from psycopg import Connection
from psycopg.rows import class_row

RULE_COLUMNS = """
    r.id, r.slug, r.title, r.context, r.state, r.visibility, r.version, r.sha256, r.owner_id,
    coalesce((SELECT parent.slug FROM rule parent WHERE parent.id = r.parent_id), '') AS parent_slug,
    to_char(r.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS created_at,
    to_char(r.updated_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS updated_at,
    to_char(r.published_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS published_at
"""


@dataclass(frozen=True, slots=True)
class RuleRow:
    """A rule with its current version's number and hash; `parent_slug` is of the rule that it was adapted from, or
    empty. Times are UTC text."""

    id: int
    slug: str
    title: str
    context: str
    state: str
    visibility: str
    version: int
    sha256: str
    owner_id: int | None
    parent_slug: str
    created_at: str
    updated_at: str
    published_at: str


@dataclass(frozen=True, slots=True)
class ParentRow:
    """The version that a rule is adapted from."""

    id: int
    version: int
    title: str


def add_rule(
    connection: Connection[Any],
    *,
    slug: str,
    owner_id: int,
    visibility: str,
    parent: ParentRow | None,
    title: str,
    context: str,
    words: str,
    document: str,
    sha256: str,
) -> RuleRow:
    """A rule and its version 1. `words` are what it is found by besides title and context."""
    with connection.cursor(row_factory=class_row(RuleRow)) as cursor:
        row = cursor.execute(
            f"""
            WITH r AS (
                INSERT INTO rule (slug, owner_id, visibility, parent_id, parent_version, parent_title,
                    title, context, words, version, sha256, published_at)
                VALUES (%(slug)s, %(owner)s, %(visibility)s, %(parent)s, %(parent_version)s, %(parent_title)s,
                    %(title)s, %(context)s, %(words)s, 1, %(sha256)s, date_trunc('second', now())) RETURNING *
            ), v AS (
                INSERT INTO rule_version (rule_id, number, title, document, sha256, reason, published_at)
                SELECT id, version, title, %(document)s, sha256, '', published_at FROM r
            )
            SELECT {RULE_COLUMNS} FROM r
            """,
            {
                "slug": slug,
                "owner": owner_id,
                "visibility": visibility,
                "parent": parent.id if parent else None,
                "parent_version": parent.version if parent else None,
                "parent_title": parent.title if parent else None,
                "title": title,
                "context": context,
                "words": words,
                "document": document,
                "sha256": sha256,
            },
        ).fetchone()
    assert row is not None
    return row


def hold_parent(connection: Connection[Any], slug: str, number: int) -> ParentRow | None:
    """The version to adapt, of a published rule that stays as it is until the transaction ends; None without it."""
    with connection.cursor(row_factory=class_row(ParentRow)) as cursor:
        return cursor.execute(
            """
            SELECT r.id, v.number AS version, v.title
            FROM rule r JOIN rule_version v ON v.rule_id = r.id
            WHERE r.slug = %s AND v.number = %s AND r.state = 'published' AND v.withdrawn_at IS NULL
            FOR SHARE OF r
            """,
            [slug, number],
        ).fetchone()


def add_version(
    connection: Connection[Any], rule_id: int, *, number: int, title: str, document: str, sha256: str, reason: str
) -> None:
    connection.execute(
        "INSERT INTO rule_version (rule_id, number, title, document, sha256, reason, published_at)"
        " VALUES (%s, %s, %s, %s, %s, %s, date_trunc('second', now()))",
        [rule_id, number, title, document, sha256, reason],
    )


def move_to_version(
    connection: Connection[Any], rule_id: int, *, number: int, title: str, context: str, words: str, sha256: str
) -> None:
    connection.execute(
        "UPDATE rule SET version = %s, title = %s, context = %s, words = %s, sha256 = %s,"
        " published_at = date_trunc('second', now()), updated_at = now() WHERE id = %s",
        [number, title, context, words, sha256, rule_id],
    )


def set_state(connection: Connection[Any], rule_id: int, state: str) -> None:
    connection.execute("UPDATE rule SET state = %s, updated_at = now() WHERE id = %s", [state, rule_id])


def set_visibility(connection: Connection[Any], rule_id: int, visibility: str) -> None:
    connection.execute("UPDATE rule SET visibility = %s, updated_at = now() WHERE id = %s", [visibility, rule_id])


def withdraw_version(connection: Connection[Any], rule_id: int, number: int) -> bool:
    """Forget a version's text; False when there is no such version, or it was withdrawn before."""
    found = connection.execute(
        "UPDATE rule_version SET document = NULL, title = '', withdrawn_at = date_trunc('second', now())"
        " WHERE rule_id = %s AND number = %s AND withdrawn_at IS NULL",
        [rule_id, number],
    )
    return found.rowcount == 1


def is_withdrawn(connection: Connection[Any], rule_id: int, number: int) -> bool:
    row = connection.execute(
        "SELECT withdrawn_at IS NOT NULL FROM rule_version WHERE rule_id = %s AND number = %s", [rule_id, number]
    ).fetchone()
    return bool(row and row[0])


def adapted_from(connection: Connection[Any], rule_id: int) -> tuple[str, ...]:
    """The slugs of published rules that were adapted from one."""
    rows = connection.execute(
        "SELECT slug FROM rule WHERE parent_id = %s AND state = 'published' ORDER BY id", [rule_id]
    ).fetchall()
    return tuple(row[0] for row in rows)


def forget_parent(connection: Connection[Any], rule_id: int) -> None:
    """Of all rules that were adapted from one that is about to be deleted."""
    connection.execute("UPDATE rule SET parent_id = NULL WHERE parent_id = %s", [rule_id])


def delete_rule(connection: Connection[Any], rule_id: int) -> None:
    """The rule with all its versions; its address is kept, so that it is never used again."""
    connection.execute("INSERT INTO removed_rule (slug) SELECT slug FROM rule WHERE id = %s", [rule_id])
    connection.execute("DELETE FROM rule WHERE id = %s", [rule_id])


def lock_rule(connection: Connection[Any], rule_id: int) -> RuleRow | None:
    """The rule, held until the transaction ends."""
    with connection.cursor(row_factory=class_row(RuleRow)) as cursor:
        return cursor.execute(
            f"SELECT {RULE_COLUMNS} FROM rule r WHERE r.id = %s FOR UPDATE OF r",
            [rule_id],
        ).fetchone()


def find_rule(connection: Connection[Any], rule_id: int) -> RuleRow | None:
    with connection.cursor(row_factory=class_row(RuleRow)) as cursor:
        return cursor.execute(
            f"SELECT {RULE_COLUMNS} FROM rule r WHERE r.id = %s",
            [rule_id],
        ).fetchone()


def find_document(connection: Connection[Any], rule_id: int, number: int) -> str:
    """A version's canonical JSON."""
    row = connection.execute(
        "SELECT document FROM rule_version WHERE rule_id = %s AND number = %s", [rule_id, number]
    ).fetchone()
    assert row is not None
    return str(row[0])


@dataclass(frozen=True, slots=True)
class VersionRow:
    """`withdrawn_at` is None while the version stands."""

    number: int
    published_at: str
    reason: str
    withdrawn_at: str | None


def versions_of(connection: Connection[Any], rule_id: int) -> list[VersionRow]:
    """Newest first."""
    with connection.cursor(row_factory=class_row(VersionRow)) as cursor:
        return cursor.execute(
            """
            SELECT number, reason,
                to_char(published_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS published_at,
                to_char(withdrawn_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS withdrawn_at
            FROM rule_version WHERE rule_id = %s ORDER BY number DESC
            """,
            [rule_id],
        ).fetchall()


def find_public_document(connection: Connection[Any], slug: str, number: int) -> str | None:
    """A published rule's version as canonical JSON."""
    row = connection.execute(
        "SELECT v.document FROM rule_version v JOIN rule r ON r.id = v.rule_id"
        " WHERE r.slug = %s AND v.number = %s AND r.state = 'published'",
        [slug, number],
    ).fetchone()
    return row[0] if row else None


def newest_rules(connection: Connection[Any], limit: int) -> list[RuleRow]:
    """Rules of the library, highest place first."""
    with connection.cursor(row_factory=class_row(RuleRow)) as cursor:
        return cursor.execute(
            f"SELECT {RULE_COLUMNS} FROM place p JOIN rule r ON r.id = p.rule_id"
            " WHERE p.listing = 'library' AND p.listed ORDER BY p.place DESC LIMIT %s",
            [limit],
        ).fetchall()


def rules_of(connection: Connection[Any], person_id: int) -> list[RuleRow]:
    with connection.cursor(row_factory=class_row(RuleRow)) as cursor:
        return cursor.execute(
            f"SELECT {RULE_COLUMNS} FROM rule r WHERE r.owner_id = %s ORDER BY r.updated_at DESC, r.id DESC LIMIT 200",
            [person_id],
        ).fetchall()


@dataclass(frozen=True, slots=True)
class KeyRow:
    """What a key was used for. `rule_id` is None when that rule is gone in this moment."""

    person_id: int
    sent: str
    rule_id: int | None


def claim_key(connection: Connection[Any], key: str, *, person_id: int, sent: str) -> bool:
    """Hold a key that nobody has used; False when it is used. Waits for whoever holds it, until their commit."""
    claimed = connection.execute(
        "INSERT INTO publish_key (key, person_id, sent) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING",
        [key, person_id, sent],
    )
    return claimed.rowcount == 1


def find_key(connection: Connection[Any], key: str) -> KeyRow | None:
    with connection.cursor(row_factory=class_row(KeyRow)) as cursor:
        return cursor.execute("SELECT person_id, sent, rule_id FROM publish_key WHERE key = %s", [key]).fetchone()


def settle_key(connection: Connection[Any], key: str, rule_id: int) -> None:
    """Note which rule the key has published."""
    connection.execute("UPDATE publish_key SET rule_id = %s WHERE key = %s", [rule_id, key])
