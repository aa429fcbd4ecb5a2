"""Templates that were seeded before recommendations came stay in place, unranked until the next seed."""

import shutil
from pathlib import Path

from psycopg.types.json import Jsonb

from api.catalogue.actions import rows_of
from api.catalogue.queries import entries
from api.database import MIGRATIONS, connect, migrate
from tests.support.documents import catalogue
from tests.support.postgres import PostgresServer


def test_templates_stay(postgres: PostgresServer, tmp_path: Path) -> None:
    url, before = postgres.new_database("template1"), tmp_path / "before"
    before.mkdir()
    for number in range(1, 5):
        (file,) = MIGRATIONS.glob(f"000{number}_*.sql")
        shutil.copy(file, before)
    assert migrate(url, lambda line: None, before) == 4
    wanted = rows_of(catalogue())["templates"][1]
    with connect(url) as connection:
        connection.execute(
            "INSERT INTO template (id, title, summary, place, featured, body) VALUES (%s, %s, %s, %s, %s, %s)",
            [wanted.id, wanted.entry["title"], wanted.entry["summary"], 1, True, Jsonb(wanted.entry["body"])],
        )
        migrate(url, lambda line: None)
        (found,) = entries(connection, ["templates"])
    assert (found.id, found.place) == (wanted.id, 1)
    assert found.entry == {key: wanted.entry[key] for key in ("title", "summary", "home", "body")} | {"fits": []}
