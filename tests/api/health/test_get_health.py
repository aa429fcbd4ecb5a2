"""GET /api/health: exactly two bodies, in time, whatever happens to the database."""

import time

import falcon.testing

from api.app import open_parts
from api.config import read_config
from tests.support.cast import Stage
from tests.support.postgres import PostgresServer

WELL = b'{"ok":true,"database":"connected"}'
UNWELL = b'{"ok":false,"database":"disconnected"}'


def ask(client: falcon.testing.TestClient) -> tuple[int, bytes, float]:
    started = time.monotonic()
    answer = client.simulate_get("/api/health")
    return answer.status_code, answer.content, time.monotonic() - started


def test_it_works(stage: Stage) -> None:
    status, body, _ = ask(stage.client())
    assert (status, body) == (200, WELL)


def test_head_has_no_body(stage: Stage) -> None:
    answer = stage.client().simulate_head("/api/health")
    assert (answer.status_code, answer.content) == (200, b"")


def test_it_needs_no_setting_at_all() -> None:
    parts = open_parts(read_config({"CLOUDRON": "1"}))
    status, body, _ = ask(Stage.of(parts).client())
    assert (status, body) == (503, UNWELL)
    parts.close()


def test_a_database_that_is_away(postgres: PostgresServer, stage: Stage) -> None:
    client = stage.client()
    assert ask(client)[0] == 200
    postgres.stop()
    try:
        status, body, seconds = ask(client)
        assert (status, body) == (503, UNWELL)
        assert seconds < 2
    finally:
        postgres.start()
    deadline = time.monotonic() + 5
    while ask(client)[0] != 200:
        assert time.monotonic() < deadline


def test_a_database_that_hangs(postgres: PostgresServer, stage: Stage) -> None:
    client = stage.client()
    assert ask(client)[0] == 200
    postgres.freeze()
    try:
        for _ in range(4):
            status, body, seconds = ask(client)
            assert (status, body) == (503, UNWELL)
            assert seconds < 2
    finally:
        postgres.thaw()
    deadline = time.monotonic() + 5
    while ask(client)[0] != 200:
        assert time.monotonic() < deadline
