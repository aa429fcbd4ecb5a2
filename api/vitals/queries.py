"""Every statement about web vitals."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from psycopg import Connection
from psycopg.rows import class_row


@dataclass(frozen=True, slots=True)
class Count:
    """How many measurements of a metric fell into a bucket, on one day (UTC), on one kind of page."""

    metric: str
    page: str
    day: date
    bucket: int
    count: int


def count_measurement(connection: Connection[Any], *, metric: str, page: str, bucket: int) -> None:
    connection.execute(
        "INSERT INTO web_vital (day, metric, page, bucket, count)"
        " VALUES ((now() AT TIME ZONE 'UTC')::date, %s, %s, %s, 1)"
        " ON CONFLICT (day, metric, page, bucket) DO UPDATE SET count = web_vital.count + 1",
        [metric, page, bucket],
    )


def counts_since(connection: Connection[Any], *, days: int) -> list[Count]:
    """Today's and those of the days before it, `days` in all."""
    with connection.cursor(row_factory=class_row(Count)) as cursor:
        return cursor.execute(
            "SELECT metric, page, day, bucket, count FROM web_vital"
            " WHERE day > (now() AT TIME ZONE 'UTC')::date - %s::integer ORDER BY metric, page, day, bucket",
            [days],
        ).fetchall()
