"""Every statement about jobs and workers."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import Connection
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

MAX_ATTEMPTS = 8
LONGEST_PAUSE_SECONDS = 600.0
STALE_HEARTBEAT_SECONDS = 5


@dataclass(frozen=True, slots=True)
class Job:
    id: int
    kind: str
    rule_id: int | None
    payload: dict[str, Any]
    attempts: int


@dataclass(frozen=True, slots=True)
class JobState:
    live: bool
    done: bool
    dead: bool


@dataclass(frozen=True, slots=True)
class Worker:
    name: str
    seconds: float
    details: dict[str, Any]


@dataclass(frozen=True, slots=True)
class DeadJob:
    id: int
    kind: str
    error: str
    dead_at: datetime


def add_job(connection: Connection[Any], kind: str, *, rule_id: int | None = None, payload: dict[str, Any]) -> int:
    """Insert a job and wake its worker when the transaction commits; return its id."""
    row = connection.execute(
        "WITH added AS (INSERT INTO job (kind, rule_id, payload) VALUES (%(kind)s, %(rule)s, %(payload)s) RETURNING id)"
        " SELECT id, pg_notify('work', %(kind)s) FROM added",
        {"kind": kind, "rule": rule_id, "payload": Jsonb(payload)},
    ).fetchone()
    assert row is not None
    return int(row[0])


def ask_for_release(connection: Connection[Any], *, by: str) -> None:
    """A release job, unless one waits that nobody builds yet: held until our commit, that one will see our change."""
    waiting = connection.execute(
        "SELECT pg_notify('work', 'release') FROM (SELECT id FROM job WHERE kind = 'release' AND done_at IS NULL"
        " AND dead_at IS NULL ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED) AS waiting"
    ).fetchone()
    if waiting is None:
        add_job(connection, "release", payload={"by": by})


def claim(connection: Connection[Any], kind: str, *, limit: int) -> list[Job]:
    """Jobs that are due, locked for as long as the caller's transaction lasts. A crash frees them at once."""
    with connection.cursor(row_factory=class_row(Job)) as cursor:
        return cursor.execute(
            """
            SELECT id, kind, rule_id, payload, attempts FROM job
            WHERE kind = %s AND done_at IS NULL AND dead_at IS NULL AND run_at <= clock_timestamp()
            ORDER BY run_at, id LIMIT %s FOR UPDATE SKIP LOCKED
            """,
            [kind, limit],
        ).fetchall()


def claim_releases(connection: Connection[Any]) -> list[int]:
    """All releases that are wanted, due or not, locked until the transaction ends: one build serves them all."""
    rows = connection.execute(
        "SELECT id FROM job WHERE kind = 'release' AND done_at IS NULL AND dead_at IS NULL"
        " ORDER BY id FOR UPDATE SKIP LOCKED"
    ).fetchall()
    return [row[0] for row in rows]


def mark_done(connection: Connection[Any], ids: list[int], report: dict[str, Any]) -> None:
    connection.execute(
        "UPDATE job SET done_at = clock_timestamp(), live_at = coalesce(live_at, clock_timestamp()), report = %s,"
        " error = '' WHERE id = ANY(%s)",
        [Jsonb(report), ids],
    )


def mark_failed(
    connection: Connection[Any],
    id: int,
    error: str,
    *,
    max_attempts: int = MAX_ATTEMPTS,
    longest_pause: float = LONGEST_PAUSE_SECONDS,
) -> bool:
    """Try again later, each time twice as late (5 s … 10 min); park after so many tries. True when it is parked."""
    row = connection.execute(
        """
        UPDATE job SET attempts = attempts + 1, error = %(error)s,
            run_at = clock_timestamp()
                + least(interval '5 seconds' * 2 ^ least(attempts, 10), make_interval(secs => %(longest)s)),
            dead_at = CASE WHEN attempts + 1 >= %(max)s THEN clock_timestamp() END
        WHERE id = %(id)s RETURNING dead_at IS NOT NULL
        """,
        {"id": id, "error": error[:2000], "max": max_attempts, "longest": longest_pause},
    ).fetchone()
    return bool(row and row[0])


def drop_job(connection: Connection[Any], id: int, error: str) -> None:
    """Park at once: what it was for has passed. A mail's text is not kept."""
    connection.execute(
        "UPDATE job SET dead_at = clock_timestamp(), error = %s,"
        " payload = CASE WHEN kind = 'mail' THEN '{}' ELSE payload END WHERE id = %s",
        [error, id],
    )


def revive(connection: Connection[Any], id: int) -> bool:
    """Let a parked job be tried again at once; False when there is no such job. Mail that was given up is gone."""
    row = connection.execute(
        "WITH revived AS (UPDATE job SET dead_at = NULL, attempts = 0, run_at = now() WHERE id = %s"
        " AND dead_at IS NOT NULL AND kind <> 'mail' RETURNING id, kind)"
        " SELECT id, pg_notify('work', kind) FROM revived",
        [id],
    ).fetchone()
    return row is not None


def job_state(connection: Connection[Any], id: int) -> JobState:
    with connection.cursor(row_factory=class_row(JobState)) as cursor:
        row = cursor.execute(
            "SELECT live_at IS NOT NULL AS live, done_at IS NOT NULL AS done, dead_at IS NOT NULL AS dead"
            " FROM job WHERE id = %s",
            [id],
        ).fetchone()
    return row or JobState(live=False, done=False, dead=True)


def has_pages_to_come(connection: Connection[Any], rule_id: int) -> bool:
    """Whether a rule's latest change is still on its way to its pages."""
    row = connection.execute(
        "SELECT EXISTS (SELECT FROM job WHERE rule_id = %s AND kind = 'page' AND live_at IS NULL AND done_at IS NULL"
        " AND dead_at IS NULL)",
        [rule_id],
    ).fetchone()
    return bool(row and row[0])


def job_report(connection: Connection[Any], id: int) -> tuple[dict[str, Any] | None, str]:
    row = connection.execute("SELECT report, error FROM job WHERE id = %s", [id]).fetchone()
    return (row[0], row[1]) if row else (None, "the job is gone")


def open_counts(connection: Connection[Any]) -> dict[str, int]:
    rows = connection.execute(
        "SELECT kind, count(*) FROM job WHERE done_at IS NULL AND dead_at IS NULL GROUP BY kind ORDER BY kind"
    ).fetchall()
    return dict(rows)


def dead_jobs(connection: Connection[Any]) -> list[DeadJob]:
    with connection.cursor(row_factory=class_row(DeadJob)) as cursor:
        return cursor.execute(
            "SELECT id, kind, error, dead_at FROM job WHERE dead_at IS NOT NULL AND kind <> 'mail' ORDER BY id LIMIT 50"
        ).fetchall()


def delete_old_jobs(connection: Connection[Any], *, days: int) -> int:
    """What is done, and mail that was given up."""
    return connection.execute(
        "DELETE FROM job WHERE done_at < now() - make_interval(days => %(days)s)"
        " OR (kind = 'mail' AND dead_at < now() - make_interval(days => %(days)s))",
        {"days": days},
    ).rowcount


def beat(connection: Connection[Any], name: str, details: dict[str, Any]) -> None:
    connection.execute(
        "INSERT INTO worker (name, beat_at, details) VALUES (%s, clock_timestamp(), %s)"
        " ON CONFLICT (name) DO UPDATE SET beat_at = excluded.beat_at, details = excluded.details",
        [name, Jsonb(details)],
    )


def workers(connection: Connection[Any]) -> list[Worker]:
    with connection.cursor(row_factory=class_row(Worker)) as cursor:
        return cursor.execute(
            "SELECT name, extract(epoch FROM clock_timestamp() - beat_at)::float8 AS seconds, details"
            " FROM worker ORDER BY name"
        ).fetchall()


def pages_worker_beats(connection: Connection[Any]) -> bool:
    """Whether the pages worker gave a sign of life in the last seconds."""
    row = connection.execute(
        "SELECT beat_at > clock_timestamp() - make_interval(secs => %s) FROM worker WHERE name = 'pages'",
        [STALE_HEARTBEAT_SECONDS],
    ).fetchone()
    return bool(row and row[0])
