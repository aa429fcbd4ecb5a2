"""Every statement that pages are made from, and the few that a page's writer needs.

Dates leave here as UTC text; every ORDER BY ends in a unique integer or a `COLLATE "C"` key.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from psycopg import Connection
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from rulepages.rows import Card, Dated, Document, Rule, Version

FETCH = 100  # rules that a full build holds at once


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """A change that a page job stands for, with the rule's place as it is now; see `rulepages.affected.Change`."""

    job_id: int
    rule_id: int
    slug: str
    place: int | None
    versions: list[int]


def begin_snapshot(connection: Connection[Any]) -> None:
    """Open a read-only transaction in which nothing changes any more, from its first question on."""
    connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")


def snapshot_name(connection: Connection[Any]) -> str:
    row = connection.execute("SELECT pg_current_snapshot()::text").fetchone()
    assert row is not None
    return str(row[0])


def end_snapshot(connection: Connection[Any]) -> None:
    connection.execute("ROLLBACK")


def library_head(connection: Connection[Any], count: int) -> tuple[list[Card], int, int]:
    """The newest rules, the highest place ever given, and how many rules are listed now: what most listings ask for."""
    rows = connection.execute(
        """
        SELECT l.highest, l.listed, r.slug, p.place, r.title, r.context, r.version,
            to_char(r.published_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
        FROM listing l
        LEFT JOIN LATERAL (
            SELECT place, rule_id FROM place WHERE listing = l.name AND listed ORDER BY place DESC LIMIT %s
        ) AS p ON true
        LEFT JOIN rule r ON r.id = p.rule_id
        WHERE l.name = 'library' ORDER BY p.place DESC
        """,
        [count],
    ).fetchall()
    return [Card(*row[2:]) for row in rows if row[2] is not None], rows[0][0], rows[0][1]


def cards_between(connection: Connection[Any], first: int, last: int) -> list[Card]:
    with connection.cursor(row_factory=class_row(Card)) as cursor:
        return cursor.execute(
            """
            SELECT r.slug, p.place, r.title, r.context, r.version AS number,
                to_char(r.published_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS published_at
            FROM place p JOIN rule r ON r.id = p.rule_id
            WHERE p.listing = 'library' AND p.listed AND p.place BETWEEN %s AND %s ORDER BY p.place
            """,
            [first, last],
        ).fetchall()


def dates_between(connection: Connection[Any], first: int, last: int) -> list[Dated]:
    with connection.cursor(row_factory=class_row(Dated)) as cursor:
        return cursor.execute(
            """
            SELECT r.slug, to_char(r.published_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS published_at
            FROM place p JOIN rule r ON r.id = p.rule_id
            WHERE p.listing = 'library' AND p.listed AND p.place BETWEEN %s AND %s ORDER BY p.place
            """,
            [first, last],
        ).fetchall()


def find_rule(connection: Connection[Any], slug: str) -> Rule | None:
    """A published rule with its history; of the documents only the current one."""
    rows = connection.execute(
        """
        SELECT r.slug, p.place, r.title, r.context, v.number,
            to_char(v.published_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), v.sha256, v.reason,
            CASE WHEN v.number = r.version THEN v.document END
        FROM rule r JOIN rule_version v ON v.rule_id = r.id
        LEFT JOIN place p ON p.rule_id = r.id AND p.listing = 'library' AND p.listed
        WHERE r.slug = %s AND r.state = 'published' ORDER BY v.number
        """,
        [slug],
    ).fetchall()
    if not rows:
        return None
    versions = tuple(Version(row[4], row[5], row[6], row[7], json.loads(row[8]) if row[8] else None) for row in rows)
    slug, place, title, context = rows[0][:4]
    return Rule(slug, place, title, context, versions)


def find_document(connection: Connection[Any], slug: str, number: int) -> Document:
    row = connection.execute(
        "SELECT v.document FROM rule_version v JOIN rule r ON r.id = v.rule_id WHERE r.slug = %s AND v.number = %s",
        [slug, number],
    ).fetchone()
    assert row is not None
    document: Document = json.loads(row[0])
    return document


def published_rules(connection: Connection[Any]) -> Iterator[Rule]:
    """Every published rule with its documents, streamed: listed ones by place, then the others by slug."""
    with connection.cursor("published_rules") as cursor:
        cursor.itersize = FETCH
        cursor.execute(
            """
            SELECT r.slug, p.place, r.title, r.context,
                (SELECT json_agg(json_build_array(v.number,
                        to_char(v.published_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
                        v.sha256, v.reason, v.document) ORDER BY v.number)
                 FROM rule_version v WHERE v.rule_id = r.id)
            FROM rule r LEFT JOIN place p ON p.rule_id = r.id AND p.listing = 'library' AND p.listed
            WHERE r.state = 'published' ORDER BY p.place NULLS LAST, r.slug COLLATE "C"
            """
        )
        for slug, place, title, context, versions in cursor:
            loaded = tuple(Version(v[0], v[1], v[2], v[3], json.loads(v[4])) for v in versions)
            yield Rule(slug, place, title, context, loaded)


def published_count(connection: Connection[Any]) -> int:
    row = connection.execute("SELECT count(*) FROM rule WHERE state = 'published'").fetchone()
    assert row is not None
    return int(row[0])


def find_change(connection: Connection[Any], rule: str) -> ChangeRow | None:
    """What publishing a rule's current version changed; by its slug or id."""
    with connection.cursor(row_factory=class_row(ChangeRow)) as cursor:
        return cursor.execute(
            """
            SELECT 0 AS job_id, r.id AS rule_id, r.slug, p.place, array[r.version] AS versions
            FROM rule r LEFT JOIN place p ON p.rule_id = r.id AND p.listing = 'library'
            WHERE r.slug = %(rule)s OR r.id::text = %(rule)s
            """,
            {"rule": rule},
        ).fetchone()


CHANGES = """
    SELECT j.id AS job_id, r.id AS rule_id, r.slug, p.place,
        array(SELECT jsonb_array_elements_text(j.payload -> 'versions')::integer) AS versions
    FROM job j JOIN rule r ON r.id = j.rule_id
    LEFT JOIN place p ON p.rule_id = r.id AND p.listing = 'library'
"""


def waiting_changes(connection: Connection[Any], *, limit: int, but: list[int]) -> list[ChangeRow]:
    """What the page jobs that are due changed, `but` for those already at work.

    Nothing is locked: the tree's own locks make the pages worker the only one that asks, and a frozen worker must not
    hold up a publisher.
    """
    with connection.cursor(row_factory=class_row(ChangeRow)) as cursor:
        return cursor.execute(
            f"{CHANGES} WHERE j.kind = 'page' AND j.done_at IS NULL AND j.dead_at IS NULL"
            " AND j.run_at <= clock_timestamp() AND j.id <> ALL(%s) ORDER BY j.run_at, j.id LIMIT %s",
            [but, limit],
        ).fetchall()


def changes_of(connection: Connection[Any], job_ids: list[int]) -> list[ChangeRow]:
    """What these page jobs changed."""
    with connection.cursor(row_factory=class_row(ChangeRow)) as cursor:
        return cursor.execute(f"{CHANGES} WHERE j.id = ANY(%s) ORDER BY j.id", [job_ids]).fetchall()


def jobs_unseen_by(connection: Connection[Any], snapshot: str) -> list[int]:
    """Page jobs that a snapshot does not show: they were committed after it was taken."""
    rows = connection.execute(
        "SELECT id FROM job WHERE kind = 'page' AND xid >= pg_snapshot_xmin(%(s)s::pg_snapshot)"
        " AND NOT pg_visible_in_snapshot(xid, %(s)s::pg_snapshot) ORDER BY id",
        {"s": snapshot},
    ).fetchall()
    return [row[0] for row in rows]


def settle_dead_jobs(connection: Connection[Any], snapshot: str, failed_slugs: list[str]) -> None:
    """A whole release has made good what parked jobs were for, but for rules that it could not render either."""
    connection.execute(
        """
        UPDATE job SET done_at = now(), dead_at = NULL
        WHERE dead_at IS NOT NULL AND kind IN ('page', 'release')
            AND pg_visible_in_snapshot(xid, %s::pg_snapshot)
            AND (rule_id IS NULL OR rule_id NOT IN (SELECT id FROM rule WHERE slug = ANY(%s)))
        """,
        [snapshot, failed_slugs],
    )


def hidden_slugs(connection: Connection[Any]) -> set[str]:
    """Rules whose tombstone must stand."""
    return {row[0] for row in connection.execute("SELECT slug FROM rule WHERE state <> 'published'").fetchall()}


def lock_if_published(connection: Connection[Any], slug: str) -> bool:
    """Hold the rule's row until the transaction ends; False when the rule is not published."""
    row = connection.execute("SELECT state FROM rule WHERE slug = %s FOR UPDATE", [slug]).fetchone()
    return row is not None and row[0] == "published"


def try_lock(connection: Connection[Any], key: int) -> bool:
    """An advisory lock, held until `unlock` or until the connection ends."""
    row = connection.execute("SELECT pg_try_advisory_lock(%s)", [key]).fetchone()
    return bool(row and row[0])


def unlock(connection: Connection[Any], key: int) -> None:
    connection.execute("SELECT pg_advisory_unlock(%s)", [key])


def mark_live(connection: Connection[Any], job_ids: list[int]) -> None:
    """Mark and announce, in one statement. Losing it costs a repetition, so it need not wait for the disk."""
    connection.execute(
        """
        WITH quick AS MATERIALIZED (SELECT set_config('synchronous_commit', 'off', true)),
            marked AS (UPDATE job SET live_at = clock_timestamp() WHERE id = ANY(%s) AND live_at IS NULL)
        SELECT pg_notify('live', %s) FROM quick
        """,
        [job_ids, ",".join(map(str, job_ids))],
    )


def mark_done(connection: Connection[Any], job_ids: list[int], report: dict[str, Any]) -> None:
    """The same for a whole batch, which need not wait for the disk either."""
    connection.execute(
        """
        WITH quick AS MATERIALIZED (SELECT set_config('synchronous_commit', 'off', true)),
            marked AS (
                UPDATE job SET done_at = now(), live_at = coalesce(live_at, now()),
                    report = %s, error = ''
                WHERE id = ANY(%s)
            )
        SELECT FROM quick
        """,
        [Jsonb(report), job_ids],
    )
