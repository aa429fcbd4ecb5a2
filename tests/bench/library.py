"""A library of full rules, put straight into the database: the way there is not what is measured."""

import json
from collections.abc import Iterator
from typing import Any

from psycopg import Connection
from psycopg.rows import TupleRow

from api.document.canonical_json import canonical_json, sha256_of
from api.document.reading import read_document
from tests.support.documents import full_document


def fill(connection: Connection[TupleRow], count: int) -> None:
    """Add full rules, each listed, until there are `count`."""
    with connection.transaction():
        row = connection.execute("SELECT highest FROM listing WHERE name = 'library' FOR UPDATE").fetchone()
        assert row is not None
        first = row[0] + 1
        connection.execute("INSERT INTO person (email) VALUES ('library@example.org') ON CONFLICT DO NOTHING")
        owner = connection.execute("SELECT id FROM person WHERE email = 'library@example.org'").fetchone()
        assert owner is not None
        with connection.cursor().copy(
            "COPY rule (slug, owner_id, title, context, version, published_at) FROM STDIN"
        ) as copy:
            for place, document in documents(first, count):
                community = document["community"]
                copy.write_row(
                    (slug(place), owner[0], community["name"], community["context"], 1, "2026-11-01 12:00:00+00")
                )
        ids = dict(connection.execute("SELECT slug, id FROM rule WHERE owner_id = %s", [owner[0]]).fetchall())
        with connection.cursor().copy(
            "COPY rule_version (rule_id, number, title, document, sha256, reason, published_at) FROM STDIN"
        ) as copy:
            for place, document in documents(first, count):
                canonical = canonical_json(document)
                copy.write_row((ids[slug(place)], 1, canonical, sha256_of(canonical), "", "2026-11-01 12:00:00+00"))
        with connection.cursor().copy("COPY place (listing, place, rule_id) FROM STDIN") as copy:
            for place in range(first, count + 1):
                copy.write_row(("library", place, ids[slug(place)]))
        connection.execute("UPDATE listing SET highest = %s, listed = %s WHERE name = 'library'", [count, count])
    connection.execute("ANALYZE")


def documents(first: int, last: int) -> Iterator[tuple[int, dict[str, Any]]]:
    for place in range(first, last + 1):
        document = json.loads(SAMPLE)
        document["community"]["name"] = f"Library rule {place}"
        yield place, document


def slug(place: int) -> str:
    return f"library-rule-{place}"


SAMPLE = canonical_json(read_document(full_document("Sample")).to_json())
