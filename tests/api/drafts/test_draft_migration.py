"""Drafts that were kept before revisions came, and those that wait behind a link, are there afterwards."""

import shutil
from pathlib import Path
from typing import Any

from psycopg.types.json import Jsonb

from api.database import MIGRATIONS, connect, migrate
from api.document.draft_document import read_draft
from api.drafts.actions import keep_carried
from tests.support.documents import small_document
from tests.support.postgres import PostgresServer


def test_drafts_stay(postgres: PostgresServer, tmp_path: Path) -> None:
    url, before = postgres.new_database("template1"), tmp_path / "before"
    before.mkdir()
    for file in MIGRATIONS.glob("*.sql"):
        if file.name < "0009":
            shutil.copy(file, before)
    migrate(url, lambda line: None, before)
    document = small_document()
    with connect(url) as connection:
        connection.execute("INSERT INTO person (email) VALUES ('ada@example.org')")
        for template, visibility in (("", "public"), ("consensus", "unlisted")):
            connection.execute(
                "INSERT INTO draft (person_id, document, template, adapts, visibility) VALUES (1, %s, %s, 'x/v/1', %s)",
                [Jsonb(document), template, visibility],
            )
        for number, template in enumerate(("", "consensus")):
            carried = {"document": document, "template": template, "adapts": "x/v/1", "visibility": "unlisted"}
            connection.execute(
                "INSERT INTO magic_link (token_hmac, email, next, draft, expires_at) VALUES (%s, 'a', '/', %s, now())",
                [bytes([number]), Jsonb(carried)],
            )
        migrate(url, lambda line: None)
        rows = connection.execute("SELECT draft FROM magic_link ORDER BY id").fetchall()
        for (draft,) in rows:
            keep_carried(connection, 1, draft)
        found = connection.execute(
            "SELECT r.document::jsonb, r.visibility, d.adapts, d.revision, r.saved_at <= now()"
            " FROM draft d JOIN draft_revision r ON r.draft_id = d.id AND r.number = d.revision ORDER BY d.id"
        ).fetchall()
    chosen: dict[str, Any] = {**document, "template": "consensus"}
    assert found == [
        (document, "public", "x/v/1", 1, True),
        (chosen, "unlisted", "x/v/1", 1, True),
        (document, "unlisted", "x/v/1", 1, True),
        (chosen, "unlisted", "x/v/1", 1, True),
    ]
    assert read_draft(chosen) == chosen
