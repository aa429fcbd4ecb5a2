"""Every statement about inquiries."""

from typing import Any

from psycopg import Connection


def add_inquiry(connection: Connection[Any], *, email: str, message: str, sha256: bytes) -> bool:
    """False when the same question came in within the last hour; later it is asked again, and kept as of now."""
    row = connection.execute(
        "INSERT INTO inquiry (email, message, sha256) VALUES (%s, %s, %s) ON CONFLICT (sha256) DO UPDATE"
        " SET created_at = now() WHERE inquiry.created_at < now() - interval '1 hour' RETURNING id",
        [email, message, sha256],
    ).fetchone()
    return row is not None
