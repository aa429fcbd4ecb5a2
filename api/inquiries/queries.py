"""Every statement about inquiries."""

from typing import Any

from psycopg import Connection


def add_inquiry(connection: Connection[Any], *, email: str, message: str, sha256: bytes) -> bool:
    """False when the same question is here already."""
    row = connection.execute(
        "INSERT INTO inquiry (email, message, sha256) VALUES (%s, %s, %s) ON CONFLICT (sha256) DO NOTHING RETURNING id",
        [email, message, sha256],
    ).fetchone()
    return row is not None
