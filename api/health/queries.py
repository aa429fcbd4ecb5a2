"""The smallest question there is."""

from typing import Any

from psycopg import Connection


def answers(connection: Connection[Any]) -> bool:
    return connection.execute("SELECT 1").fetchone() == (1,)
