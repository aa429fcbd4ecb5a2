"""Every statement about a person's account."""

from typing import Any

from psycopg import Connection


def set_display_name(connection: Connection[Any], person_id: int, name: str) -> bool:
    """False when it was that name already."""
    found = connection.execute(
        "UPDATE person SET display_name = %s WHERE id = %s AND display_name <> %s", [name, person_id, name]
    )
    return found.rowcount == 1


def published_slugs(connection: Connection[Any], person_id: int) -> list[str]:
    """Of all the person's published rules, unlisted ones too."""
    rows = connection.execute(
        "SELECT slug FROM rule WHERE owner_id = %s AND state = 'published' ORDER BY id", [person_id]
    ).fetchall()
    return [row[0] for row in rows]
