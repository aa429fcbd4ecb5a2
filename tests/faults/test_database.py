"""PostgreSQL stopped, frozen, killed and started again under the running site: pages stay, and all of it heals."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from api.database import connect
from tests.support.client import Client
from tests.support.documents import small_document
from tests.support.full_build import HEAL_SECONDS, assert_exact, config_of
from tests.support.load import load
from tests.support.postgres import PostgresServer
from tests.support.readers import Readers
from tests.support.running_site import RunningSite, is_alive, wait_until

NEVER_LONGER = 30  # seconds, for any answer of the API
LISTENERS = 3  # the API for pages that are live, each worker for work


@pytest.fixture
def own_postgres(tmp_path: Path) -> Iterator[PostgresServer]:
    """A server for one test, which may do with it what it likes."""
    server = PostgresServer(tmp_path / "server", 18)
    yield server
    server.thaw()
    server.close()


@contextmanager
def stopped_server(server: PostgresServer) -> Iterator[None]:
    server.stop()
    try:
        yield
    finally:
        server.start()


@contextmanager
def killed_server(server: PostgresServer) -> Iterator[None]:
    server.stop(signal.SIGQUIT)  # at once, without a checkpoint: the next start recovers from the log
    try:
        yield
    finally:
        server.start()


@contextmanager
def frozen_server(server: PostgresServer) -> Iterator[None]:
    server.freeze()
    try:
        yield
    finally:
        server.thaw()


@pytest.mark.parametrize("fault", [stopped_server, killed_server, frozen_server])
def test_away_and_back(
    fresh_site: RunningSite,
    own_postgres: PostgresServer,
    workshop: Path,
    times: Callable[[int, int], int],
    fault: Callable[[PostgresServer], "Iterator[None]"],
) -> None:
    fresh_site.environment["CLOUDRON_POSTGRESQL_URL"] = own_postgres.new_database()
    fresh_site.start()
    ada = fresh_site.author("ada@example.org")
    with load(fresh_site, workshop) as people:
        for _ in range(times(1, 10)):
            wait_until(lambda: publishes_live(ada), HEAL_SECONDS)
            with fault(own_postgres):  # type: ignore[attr-defined]
                for _ in range(3):
                    assert_it_says_so(ada)
            wait_until(lambda: ada.get("/api/health").status == 200, HEAL_SECONDS)
            wait_until(lambda: publishes_live(ada), HEAL_SECONDS)
    assert people.authors.states["503"] > 0
    assert people.authors.slowest < NEVER_LONGER


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_the_embedded_one_ends(fresh_site: RunningSite, workshop: Path, number: int) -> None:
    """The launcher starts it again."""
    fresh_site.start()
    ada = fresh_site.author("ada@example.org")
    with load(fresh_site, workshop):
        wait_until(lambda: publishes_live(ada), HEAL_SECONDS)
        before = fresh_site.processes()["postgres"]
        os.kill(before, number)
        wait_until(lambda: fresh_site.processes().get("postgres", before) != before, HEAL_SECONDS)
        assert not is_alive(before)
        wait_until(lambda: publishes_live(ada), HEAL_SECONDS)
    assert "postgres ended" in fresh_site.output()


def test_the_listening_connections_are_cut(fresh_site: RunningSite, workshop: Path) -> None:
    fresh_site.start()
    ada = fresh_site.author("ada@example.org")
    url = config_of(fresh_site).database_url
    wait_until(lambda: len(listeners(url)) == LISTENERS)
    with Readers(fresh_site.origin, "/", "/rules/") as readers:
        undisturbed = seconds_of_publishes(ada)
        before = listeners(url)
        with connect(url) as connection:
            cut = [connection.execute("SELECT pg_terminate_backend(%s)", [pid]).fetchone() for pid in before]
        assert cut == [(True,)] * LISTENERS
        wait_until(lambda: len(listeners(url) - before) == LISTENERS, HEAL_SECONDS)
        assert not listeners(url) & before
        wait_until(lambda: publishes_live(ada), HEAL_SECONDS)
        # A worker that only looked now and then, as it does without LISTEN, would take twenty times as long.
        assert seconds_of_publishes(ada) < 6 * undisturbed
    readers.assert_content()
    readers.assert_never_away()
    assert_exact(fresh_site, workshop / "pelican")


def publishes_live(author: Client) -> bool:
    answer = author.send("POST", "/api/rules", {"document": small_document("Is it live?")})
    return answer.status == 200 and answer.json["state"] == "live"


def seconds_of_publishes(author: Client) -> float:
    """How long it takes until twenty rules, one after the other, were answered to be live."""
    started = time.monotonic()
    for _ in range(20):
        assert publishes_live(author)
    return time.monotonic() - started


def assert_it_says_so(author: Client) -> None:
    """503 from whatever needs the database, in time."""
    for method, path in (("GET", "/api/health"), ("GET", "/api/rules"), ("POST", "/api/rules")):
        started = time.monotonic()
        body = {"document": small_document("Not now")} if method == "POST" else None
        answer = author.send(method, path, body)
        assert answer.status == 503, (method, path, answer)
        assert time.monotonic() - started < NEVER_LONGER


def listeners(url: str) -> set[int]:
    """The ids of the server's processes whose last statement was LISTEN."""
    with connect(url) as connection:
        return {pid for (pid,) in connection.execute("SELECT pid FROM pg_stat_activity WHERE query LIKE 'LISTEN %'")}
