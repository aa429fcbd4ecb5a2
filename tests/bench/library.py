"""A library of full rules, put straight into the database: the way there is not what is measured."""

import json
from collections.abc import Iterator
from typing import Any

from psycopg import Connection
from psycopg.rows import TupleRow

from api.document.canonical_json import canonical_json, sha256_of
from api.document.reading import read_document
from rulepages.catalogue import SECTIONS
from rulepages.listings import LIBRARY, listings_of
from tests.support.documents import full_document

OWNER = "library@example.org"
MOMENT = "2026-11-01 12:00:00+00"
SAMPLE = canonical_json(read_document({**full_document("Sample"), "template": "consensus"}).to_json())
TITLES = "\n".join(entry["title"] for section in SECTIONS for entry in json.loads(SAMPLE)[section])
LISTINGS = sorted(listings_of(json.loads(SAMPLE)))


def fill(connection: Connection[TupleRow], count: int) -> None:
    """Add full rules, each in every listing that it names, until there are `count`; one in five has three versions."""
    with connection.transaction():
        connection.execute("INSERT INTO listing (name) SELECT unnest(%s::text[]) ON CONFLICT DO NOTHING", [LISTINGS])
        highest = dict(
            connection.execute(
                "SELECT name, highest FROM listing WHERE name = ANY(%s) ORDER BY name FOR UPDATE", [LISTINGS]
            ).fetchall()
        )
        numbers = range(highest[LIBRARY] + 1, count + 1)
        connection.execute("INSERT INTO person (email) VALUES (%s) ON CONFLICT DO NOTHING", [OWNER])
        owner = connection.execute("SELECT id FROM person WHERE email = %s", [OWNER]).fetchone()
        assert owner is not None
        columns = "slug, owner_id, title, context, words, version, sha256, published_at"
        with connection.cursor().copy(f"COPY rule ({columns}) FROM STDIN") as copy:
            for number in numbers:
                *_, (version, document, canonical) = versions(number)
                community = document["community"]
                facts = (version, sha256_of(canonical), MOMENT)
                copy.write_row((slug(number), owner[0], community["name"], community["context"], TITLES, *facts))
        ids = dict(connection.execute("SELECT slug, id FROM rule WHERE owner_id = %s", owner).fetchall())
        columns = "rule_id, number, title, document, sha256, reason, published_at"
        with connection.cursor().copy(f"COPY rule_version ({columns}) FROM STDIN") as copy:
            for number in numbers:
                for version, document, canonical in versions(number):
                    reason = "We wrote down what had changed." if version > 1 else ""
                    facts = (document["community"]["name"], canonical, sha256_of(canonical), reason, MOMENT)
                    copy.write_row((ids[slug(number)], version, *facts))
        with connection.cursor().copy("COPY place (listing, place, rule_id) FROM STDIN") as copy:
            for listing in LISTINGS:
                for place, number in enumerate(numbers, start=highest[listing] + 1):
                    copy.write_row((listing, place, ids[slug(number)]))
        connection.execute(
            "UPDATE listing SET highest = highest + %(new)s, listed = listed + %(new)s WHERE name = ANY(%(names)s)",
            {"new": len(numbers), "names": LISTINGS},
        )
    connection.execute("ANALYZE")


def versions(number: int) -> Iterator[tuple[int, dict[str, Any], str]]:
    """The number, document and canonical JSON of each version of a rule of the library."""
    for version in (1, 2, 3) if number % 5 == 0 else (1,):
        document = json.loads(SAMPLE)
        document["community"] |= {"name": f"Library rule {number}", "context": f"As it was in round {version}."}
        yield version, document, canonical_json(document)


def slug(number: int) -> str:
    return f"library-rule-{number}"
