"""The one statement of search."""

from dataclasses import dataclass
from typing import Any

from psycopg import Connection
from psycopg.rows import class_row


@dataclass(frozen=True, slots=True)
class FoundRule:
    """`count` is of all that were found, the same in each row."""

    slug: str
    title: str
    context: str
    count: int


def find_rules(connection: Connection[Any], words: str, *, limit: int, ranked: int) -> list[FoundRule]:
    """Rules of the library that hold all words, the last one perhaps as the beginning of a word: best first, then
    newest. No more than the newest `ranked` are counted and compared, so that a word that all rules hold costs no more
    than a rare one.

    Not prepared: the best plan depends on how rare the words are.
    """
    with connection.cursor(row_factory=class_row(FoundRule)) as cursor:
        return cursor.execute(
            """
            WITH words AS (
                SELECT plainto_tsquery('simple', folded(%(words)s)) AS query
            ), asked AS (
                SELECT CASE WHEN numnode(query) > 0 THEN (query::text || ':*')::tsquery END AS query FROM words
            ), found AS (
                SELECT r.slug, r.title, r.context, p.place, ts_rank(r.search, asked.query) AS rank
                FROM asked JOIN rule r ON r.search @@ asked.query
                JOIN place p ON p.rule_id = r.id AND p.listing = 'library' AND p.listed
                ORDER BY p.place DESC LIMIT %(ranked)s
            )
            SELECT slug, title, context, count(*) OVER ()::integer AS count
            FROM found ORDER BY rank DESC, place DESC LIMIT %(limit)s
            """,
            {"words": words, "limit": limit, "ranked": ranked},
            prepare=False,
        ).fetchall()
