"""Every statement that pages are made from, and the few that a page's writer needs.

Dates leave here as UTC text; every ORDER BY ends in a unique integer or a `COLLATE "C"` key.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from psycopg import Connection
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from rulepages.affected import Change, Kind
from rulepages.rows import Card, Dated, Document, Lineage, Rule, Version

FETCH = 50  # rules that a full build holds at once, with their texts when they are asked for


UTC = """to_char(%s AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')"""
CARD = f"r.slug, p.place, r.title, r.context, r.version AS number, {UTC % 'r.published_at'} AS published_at, r.sha256"


@dataclass(frozen=True, slots=True)
class PageJob:
    """What happened to one rule or to several, in one commit."""

    id: int
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class PlaceRow:
    """How a rule stands to a listing: `exists` tells of the listing, `place` of the rule's place in it, if it ever had
    one, and `listed` whether it is in it now."""

    listing: str
    exists: bool
    place: int | None
    listed: bool


def places_of(connection: Connection[Any], rule_id: int, listings: Iterable[str]) -> list[PlaceRow]:
    """The rule and each of these listings, and every other one in which it is now."""
    with connection.cursor(row_factory=class_row(PlaceRow)) as cursor:
        return cursor.execute(
            """
            SELECT wanted.name AS listing, l.name IS NOT NULL AS exists, p.place, coalesce(p.listed, false) AS listed
            FROM (
                SELECT unnest(%(listings)s::text[]) COLLATE "C" UNION
                SELECT listing FROM place WHERE rule_id = %(rule)s AND listed
            ) AS wanted (name)
            LEFT JOIN listing l ON l.name = wanted.name
            LEFT JOIN place p ON p.listing = wanted.name AND p.rule_id = %(rule)s
            ORDER BY 1
            """,
            {"listings": sorted(listings), "rule": rule_id},
        ).fetchall()


def add_listings(connection: Connection[Any], names: list[str]) -> None:
    connection.execute("INSERT INTO listing (name) SELECT unnest(%s::text[]) ON CONFLICT DO NOTHING", [sorted(names)])


def lock_counters(connection: Connection[Any], names: list[str]) -> dict[str, int]:
    """The highest place given so far in each listing; held, in one order for all, until the transaction ends."""
    return dict(
        connection.execute(
            "SELECT name, highest FROM listing WHERE name = ANY(%s) ORDER BY name FOR UPDATE", [names]
        ).fetchall()
    )


def move_places(connection: Connection[Any], rule_id: int, moves: list[tuple[str, int, bool]]) -> None:
    """Each move is a listing, the rule's place in it, and whether it enters (or leaves)."""
    names, places, enters = ([move[part] for move in moves] for part in range(3))
    connection.execute(
        """
        WITH move AS (SELECT * FROM unnest(%s::text[], %s::integer[], %s::boolean[]) AS m (listing, place, enters)),
        counted AS (
            UPDATE listing SET highest = greatest(highest, move.place),
                listed = listed + CASE WHEN move.enters THEN 1 ELSE -1 END
            FROM move WHERE name = move.listing
        )
        INSERT INTO place (listing, place, rule_id, listed) SELECT listing, place, %s, enters FROM move
        ON CONFLICT (rule_id, listing) DO UPDATE SET listed = excluded.listed
        """,
        [names, places, enters, rule_id],
    )


def begin_snapshot(connection: Connection[Any]) -> None:
    """Open a read-only transaction in which nothing changes any more, from its first question on."""
    connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")


def snapshot_name(connection: Connection[Any]) -> str:
    row = connection.execute("SELECT pg_current_snapshot()::text").fetchone()
    assert row is not None
    return str(row[0])


def end_snapshot(connection: Connection[Any]) -> None:
    connection.execute("ROLLBACK")


def listing_heads(
    connection: Connection[Any], listings: list[str], count: int
) -> dict[str, tuple[list[Card], int, int]]:
    """Of each listing that has ever had a rule: the newest rules, the highest place ever given, and how many rules are
    in it now."""
    rows = connection.execute(
        f"""
        SELECT l.name, l.highest, l.listed, {CARD}
        FROM listing l
        LEFT JOIN LATERAL (
            SELECT place, rule_id FROM place WHERE listing = l.name AND listed ORDER BY place DESC LIMIT %s
        ) AS p ON true
        LEFT JOIN rule r ON r.id = p.rule_id
        WHERE l.name = ANY(%s) ORDER BY l.name, p.place DESC
        """,
        [count, listings],
    ).fetchall()
    heads: dict[str, tuple[list[Card], int, int]] = {}
    for name, highest, listed, *card in rows:
        cards, _, _ = heads.setdefault(name, ([], highest, listed))
        if card[0] is not None:
            cards.append(Card(*card))
    return heads


def cards_between(connection: Connection[Any], listing: str, first: int, last: int) -> list[Card]:
    with connection.cursor(row_factory=class_row(Card)) as cursor:
        return cursor.execute(
            f"SELECT {CARD} FROM place p JOIN rule r ON r.id = p.rule_id"
            " WHERE p.listing = %s AND p.listed AND p.place BETWEEN %s AND %s ORDER BY p.place",
            [listing, first, last],
        ).fetchall()


def dates_between(connection: Connection[Any], first: int, last: int) -> list[Dated]:
    with connection.cursor(row_factory=class_row(Dated)) as cursor:
        return cursor.execute(
            f"SELECT r.slug, {UTC % 'r.published_at'} AS published_at FROM place p JOIN rule r ON r.id = p.rule_id"
            " WHERE p.listing = 'library' AND p.listed AND p.place BETWEEN %s AND %s ORDER BY p.place",
            [first, last],
        ).fetchall()


def highest_places(connection: Connection[Any]) -> dict[str, int]:
    """The highest place ever given in each listing, by name."""
    return dict(connection.execute('SELECT name, highest FROM listing ORDER BY name COLLATE "C"').fetchall())


RULE = """
    r.slug,
    coalesce((SELECT json_object_agg(p.listing, p.place ORDER BY p.listing) FROM place p
        WHERE p.rule_id = r.id AND p.listed), '{}'),
    r.title, r.context, coalesce(o.display_name, ''),
    CASE WHEN parent.state = 'published' AND parent.visibility = 'public' THEN parent.slug ELSE '' END,
    r.parent_version, r.parent_title, coalesce(adapted.listed, 0)
"""
RULE_TABLES = """
    rule r LEFT JOIN person o ON o.id = r.owner_id LEFT JOIN rule parent ON parent.id = r.parent_id
    LEFT JOIN listing adapted ON adapted.name = 'adapted/' || r.slug
"""
VERSION = f"v.number, {UTC % 'v.published_at'}, v.sha256, v.reason, v.title, coalesce({UTC % 'v.withdrawn_at'}, '')"


def find_rule(connection: Connection[Any], slug: str) -> tuple[Rule, Document] | None:
    """A published rule with its current text."""
    rows = connection.execute(
        f"""
        SELECT {VERSION}, CASE WHEN v.number = r.version THEN v.document END, {RULE}
        FROM {RULE_TABLES} JOIN rule_version v ON v.rule_id = r.id
        WHERE r.slug = %s AND r.state = 'published' ORDER BY v.number
        """,
        [slug],
    ).fetchall()
    if not rows:
        return None
    return _rule(rows[0][7:], [row[:6] for row in rows]), json.loads(rows[-1][6])


def _rule(row: Sequence[Any], versions: Iterable[Sequence[Any]]) -> Rule:
    slug, places, title, context, owner, parent, parent_version, parent_title, adaptations = row
    lineage = Lineage(parent, parent_version, parent_title if parent else "") if parent_version else None
    loaded = tuple(Version(*version) for version in versions)
    return Rule(slug, places, title, context, loaded, owner, lineage, adaptations)


def find_document(connection: Connection[Any], slug: str, number: int) -> Document:
    row = connection.execute(
        "SELECT v.document FROM rule_version v JOIN rule r ON r.id = v.rule_id WHERE r.slug = %s AND v.number = %s",
        [slug, number],
    ).fetchone()
    assert row is not None
    document: Document = json.loads(row[0])
    return document


def find_documents(connection: Connection[Any], slugs: list[str]) -> dict[tuple[str, int], str]:
    """Every text of some rules, as JSON, by slug and number."""
    rows = connection.execute(
        "SELECT r.slug, v.number, v.document FROM rule_version v JOIN rule r ON r.id = v.rule_id"
        " WHERE r.slug = ANY(%s) AND v.withdrawn_at IS NULL",
        [slugs],
    ).fetchall()
    return {(slug, number): document for slug, number, document in rows}


def published_rules(connection: Connection[Any]) -> Iterator[list[Rule]]:
    """Every published rule, some at a time: listed ones by place, then the others by slug."""
    with connection.cursor("published_rules") as cursor:
        cursor.execute(
            f"""
            SELECT (SELECT json_agg(json_build_array({VERSION}) ORDER BY v.number)
                    FROM rule_version v WHERE v.rule_id = r.id), {RULE}
            FROM {RULE_TABLES} LEFT JOIN place library
                ON library.rule_id = r.id AND library.listing = 'library' AND library.listed
            WHERE r.state = 'published' ORDER BY library.place NULLS LAST, r.slug COLLATE "C"
            """
        )
        while rows := cursor.fetchmany(FETCH):
            yield [_rule(row, versions) for versions, *row in rows]


def rules_after(connection: Connection[Any], id: int, count: int) -> list[tuple[int, Rule]]:
    """Published rules by id."""
    rows = connection.execute(
        f"""
        SELECT r.id, (SELECT json_agg(json_build_array({VERSION}) ORDER BY v.number)
                FROM rule_version v WHERE v.rule_id = r.id), {RULE}
        FROM {RULE_TABLES} WHERE r.state = 'published' AND r.id > %s ORDER BY r.id LIMIT %s
        """,
        [id, count],
    ).fetchall()
    return [(id, _rule(row, versions)) for id, versions, *row in rows]


def published_among(connection: Connection[Any], slugs: Sequence[str]) -> set[str]:
    rows = connection.execute(
        "SELECT slug FROM rule WHERE slug = ANY(%s) AND state = 'published'", [list(slugs)]
    ).fetchall()
    return {row[0] for row in rows}


def pages_wait(connection: Connection[Any]) -> bool:
    """Whether a change has pages still to come. Parked jobs do not count: nobody works on them."""
    row = connection.execute(
        "SELECT EXISTS (SELECT FROM job WHERE kind = 'page' AND done_at IS NULL AND dead_at IS NULL)"
    ).fetchone()
    return bool(row and row[0])


def published_counts(connection: Connection[Any]) -> tuple[int, int]:
    """How many rules are published, and how many versions they have."""
    row = connection.execute(
        "SELECT count(*), coalesce(sum(version), 0) FROM rule WHERE state = 'published'"
    ).fetchone()
    assert row is not None
    return int(row[0]), int(row[1])


def waiting_jobs(connection: Connection[Any], *, limit: int, but: list[int]) -> list[PageJob]:
    """The page jobs that are due, `but` for those already at work.

    Nothing is locked: the tree's own locks make the pages worker the only one that asks, and a frozen worker must not
    hold up a publisher.
    """
    rows = connection.execute(
        "SELECT id, payload FROM job WHERE kind = 'page' AND done_at IS NULL AND dead_at IS NULL"
        " AND run_at <= clock_timestamp() AND id <> ALL(%s) ORDER BY run_at, id LIMIT %s",
        [but, limit],
    ).fetchall()
    return [_page_job(*row) for row in rows]


def find_jobs(connection: Connection[Any], ids: list[int]) -> list[PageJob]:
    rows = connection.execute("SELECT id, payload FROM job WHERE id = ANY(%s) ORDER BY id", [ids]).fetchall()
    return [_page_job(*row) for row in rows]


def _page_job(id: int, payload: dict[str, Any]) -> PageJob:
    return PageJob(id, tuple(Change.from_json(change) for change in payload["changes"]))


def find_change(connection: Connection[Any], rule: str) -> Change | None:
    """What publishing a rule's current version changed; by the rule's slug or id."""
    row = connection.execute(
        """
        SELECT r.slug, r.version, coalesce(
            (SELECT json_object_agg(p.listing, p.place) FROM place p WHERE p.rule_id = r.id AND p.listed), '{}')
        FROM rule r WHERE r.slug = %(rule)s OR r.id::text = %(rule)s
        """,
        {"rule": rule},
    ).fetchone()
    if row is None:
        return None
    return Change(Kind.REVISED if row[1] > 1 else Kind.PUBLISHED, row[0], (row[1],), row[2])


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
            AND NOT EXISTS (SELECT FROM jsonb_array_elements(payload -> 'changes') AS change
                WHERE change ->> 'slug' = ANY(%s))
        """,
        [snapshot, failed_slugs],
    )


def hidden(connection: Connection[Any]) -> set[str]:
    """The names of the tombstones that must stand; see `api.pages.tombstones`."""
    rows = connection.execute(
        """
        SELECT slug FROM rule WHERE state <> 'published'
        UNION ALL SELECT slug FROM removed_rule
        UNION ALL
        SELECT r.slug || part.name
        FROM rule_version v JOIN rule r ON r.id = v.rule_id
        CROSS JOIN LATERAL (VALUES
            ('.v.' || v.number), ('.compare.' || v.number), ('.compare.' || v.number + 1)
        ) AS part (name)
        WHERE v.withdrawn_at IS NOT NULL
        """
    ).fetchall()
    return {row[0] for row in rows}


def is_hidden(connection: Connection[Any], tombstone: str) -> bool:
    """Whether a tombstone must stand; holds its rule's row until the transaction ends, so the answer stays true."""
    connection.execute("SELECT FROM rule WHERE slug = split_part(%s, '.', 1) FOR UPDATE", [tombstone])
    return tombstone in hidden(connection)


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
