"""Statements of the errands worker."""

from typing import Any

from psycopg import Connection


def is_past(connection: Connection[Any], job_id: int, seconds: int) -> bool:
    """Whether a mail has waited longer than what it says is good for, by the database's clock."""
    row = connection.execute(
        "SELECT created_at + make_interval(secs => %s) < clock_timestamp() FROM job WHERE id = %s", [seconds, job_id]
    ).fetchone()
    return bool(row and row[0])


def finish_mail(connection: Connection[Any], job_id: int) -> None:
    """Done; its text, which may hold a link, is not kept."""
    connection.execute("UPDATE job SET done_at = clock_timestamp(), error = '', payload = '{}' WHERE id = %s", [job_id])


def delete_expired(connection: Connection[Any]) -> None:
    """What nobody can use any more, and what we promise not to keep. A draft that travels with a link waits a week."""
    connection.execute(
        "DELETE FROM magic_link WHERE expires_at < now() - CASE WHEN draft IS NULL OR consumed_at IS NOT NULL"
        " THEN interval '1 day' ELSE interval '7 days' END"
    )
    connection.execute("DELETE FROM session WHERE expires_at < now()")
    connection.execute("DELETE FROM publish_key WHERE created_at < now() - interval '24 hours'")
    connection.execute("DELETE FROM queued_mail WHERE queued_at < now() - interval '1 day'")
    connection.execute("DELETE FROM inquiry WHERE created_at < now() - interval '90 days'")
    connection.execute("DELETE FROM web_vital WHERE day < (now() AT TIME ZONE 'UTC')::date - 90")
