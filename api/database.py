"""The way to PostgreSQL: connections that give up in time, the pool, transactions, migrations.

Times are bounded on the client's side too, because a frozen server answers nothing, not even to a statement timeout.
"""

import hashlib
import os
import select
import threading
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, LiteralString, cast

import psycopg
from psycopg import Connection, sql
from psycopg.rows import TupleRow
from psycopg_pool import ConnectionPool, PoolTimeout

from api.errors import CannotStart, DatabaseAway

ANSWER_SECONDS = 2.0  # how long a request waits for the server's next word
CONNECT_SECONDS = 2
MIGRATIONS = Path(__file__).parent / "migrations"
MIGRATION_LOCK = 0x636F6D72  # "comr"; any fixed number of our own

Transaction = Connection[TupleRow]


class PatientConnection(Connection[Any]):
    """A connection that closes itself when the server has been silent for `ANSWER_SECONDS`."""

    def wait(self, gen: Generator[Any, Any, Any], interval: float = 0.1) -> Any:
        try:
            return super().wait(_bounded(gen, ANSWER_SECONDS), interval=interval)
        except _Silence:
            self.pgconn.finish()
            raise DatabaseAway from None


class _Silence(Exception):
    pass


def _bounded(gen: Generator[Any, Any, Any], seconds: float) -> Generator[Any, Any, Any]:
    """The same conversation; `_Silence` when no answer came for so long. psycopg sends 0 each time it waited in vain."""
    deadline = time.monotonic() + seconds
    try:
        wanted = next(gen)
        while True:
            ready = yield wanted
            if ready:
                deadline = time.monotonic() + seconds
            elif time.monotonic() > deadline:
                raise _Silence
            wanted = gen.send(ready)
    except StopIteration as stop:
        return stop.value


def connect(url: str) -> Connection[TupleRow]:
    """An autocommitting connection for a worker or a command, which may wait as long as it takes."""
    return psycopg.connect(url, autocommit=True, connect_timeout=CONNECT_SECONDS, application_name="communityrule")


def open_pool(url: str, *, size: int) -> ConnectionPool[PatientConnection]:
    """The API's pool. It opens without waiting, so that the API starts and answers while the database is away."""
    return ConnectionPool(
        url,
        connection_class=PatientConnection,
        min_size=1,
        max_size=size,
        timeout=1.0,
        max_lifetime=1800,
        max_idle=300,
        reconnect_timeout=0,
        open=True,
        kwargs={
            "autocommit": True,
            "connect_timeout": CONNECT_SECONDS,
            "application_name": "communityrule api",
            "options": "-c statement_timeout=5s -c lock_timeout=2s -c idle_in_transaction_session_timeout=10s",
        },
    )


class Database:
    """What actions get: one method that opens a transaction, and one for reading. Without a pool it is always away."""

    def __init__(self, pool: ConnectionPool[PatientConnection] | None) -> None:
        self._pool = pool

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """Commit at the end, roll back on any error. DatabaseAway when the server cannot be reached."""
        with self.connection() as connection, connection.transaction():
            yield connection

    @contextmanager
    def connection(self) -> Iterator[Transaction]:
        """An autocommitting connection, for single statements."""
        if self._pool is None:
            raise DatabaseAway
        try:
            with self._pool.connection() as connection:
                yield connection
        except (PoolTimeout, psycopg.OperationalError) as error:
            raise DatabaseAway from error


def migrate(url: str, say: Callable[[str], None], folder: Path = MIGRATIONS) -> int:
    """Apply the files of `migrations/` that are new, each in its own transaction; return how many there were.

    Safe to run at once from several processes. CannotStart when an applied file has changed or is missing here (then
    the database is newer than this code, which is fine only for a missing last one: code-only rollback).
    """
    with connect(url) as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", [MIGRATION_LOCK])
        connection.execute(
            "CREATE TABLE IF NOT EXISTS schema_migration ("
            "version integer PRIMARY KEY, name text NOT NULL, sha256 text NOT NULL,"
            "applied_at timestamptz NOT NULL DEFAULT now())"
        )
        applied = dict(connection.execute("SELECT version, sha256 FROM schema_migration").fetchall())
        count = 0
        for path in sorted(folder.glob("[0-9]*.sql")):
            version, text = int(path.name.split("_")[0]), path.read_text(encoding="utf-8")
            sha256 = hashlib.sha256(text.encode()).hexdigest()
            if version in applied:
                if applied[version] != sha256:
                    raise CannotStart(f"migration {path.name} was changed after it was applied; restore the old file.")
                continue
            _apply(connection, version, path.name, sha256, text)
            say(f"applied {path.name}")
            count += 1
        return count


def _apply(connection: Transaction, version: int, name: str, sha256: str, text: str) -> None:
    try:
        with connection.transaction():
            connection.execute(cast(LiteralString, text))
            connection.execute(
                "INSERT INTO schema_migration (version, name, sha256) VALUES (%s, %s, %s)", [version, name, sha256]
            )
    except psycopg.Error as error:
        raise CannotStart(f"migration {name} failed and was rolled back: {error}") from error


def listen(url: str, channel: str, stopping: threading.Event) -> Iterator[str]:
    """Payloads of a channel on a connection of its own, until `stopping` is set or the connection breaks."""
    with connect(url) as connection:
        start_listening(connection, channel)
        while not stopping.is_set():
            for notice in connection.notifies(timeout=1.0, stop_after=1):
                yield notice.payload


def start_listening(connection: Transaction, channel: str) -> None:
    connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(channel)))


def wait_for_notice(connection: Transaction, seconds: float, wake: int) -> None:
    """Sleep until the channel says something, a signal arrives on the file descriptor `wake`, or time is up."""
    ready, _, _ = select.select([connection.fileno(), wake], [], [], seconds)
    if wake in ready:
        os.read(wake, 4096)
    for _ in connection.notifies(timeout=0):
        pass
