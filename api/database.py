"""The way to PostgreSQL: connections that give up in time, the pool, transactions, migrations.

Times are bounded on the client's side too, because a frozen server answers nothing, not even to a statement timeout.
"""

import hashlib
import os
import select
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from psycopg import Connection, sql
from psycopg import Error as Error  # noqa: PLC0414 - for commands, which tell of it in one line
from psycopg import OperationalError as OperationalError  # noqa: PLC0414 - for workers and commands, which see to it themselves
from psycopg.abc import RV, PQGen
from psycopg.pq import TransactionStatus
from psycopg.rows import TupleRow
from psycopg_pool import ConnectionPool, PoolTimeout

from api.errors import CannotStart, DatabaseAway, Invalid

ANSWER_SECONDS = 2.0  # how long a request waits for the answer to a statement
CONNECT_SECONDS = 2
MIGRATIONS = Path(__file__).parent / "migrations"
UPLOAD_IS_HERE = "version_upload_name_fkey"  # see migrations/0008
MIGRATION_LOCK = 0x636F6D72  # "comr"; any fixed number of our own

Transaction = Connection[TupleRow]


class PatientConnection(Connection[Any]):
    """A connection that closes itself when a statement is not answered within `ANSWER_SECONDS`."""

    def wait(self, gen: PQGen[RV], interval: float = 0.1, timeout: float | None = None) -> RV:
        try:
            return super().wait(gen, interval, ANSWER_SECONDS if timeout is None else timeout)
        except OperationalError:
            if timeout is None and self.pgconn.transaction_status == TransactionStatus.ACTIVE:
                self.pgconn.finish()  # the answer may still come; nobody may take it for the next one's
            raise


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
            "options": "-c statement_timeout=1800 -c lock_timeout=1500 -c idle_in_transaction_session_timeout=10s",
        },
    )


class Database:
    """What actions get: one method that opens a transaction, and one for reading. Without a pool it is always away."""

    def __init__(self, pool: ConnectionPool[PatientConnection] | None) -> None:
        self._pool = pool

    def close(self) -> None:
        if self._pool is not None:
            self._pool.close()

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """Commit at the end, roll back on any error. DatabaseAway when the server cannot be reached, Invalid when a
        document that is to be published names an upload that is not here."""
        try:
            with self.connection() as connection, connection.transaction():
                yield connection
        except psycopg.errors.ForeignKeyViolation as error:
            if error.diag.constraint_name != UPLOAD_IS_HERE:
                raise
            raise Invalid("A picture or file in the rule is not here, or not any more. Upload it again.") from error

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
        applied: dict[int, str] = dict(connection.execute("SELECT version, sha256 FROM schema_migration").fetchall())
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
            connection.execute(text)
            connection.execute(
                "INSERT INTO schema_migration (version, name, sha256) VALUES (%s, %s, %s)", [version, name, sha256]
            )
    except psycopg.Error as error:
        raise CannotStart(f"migration {name} failed and was rolled back: {error}") from error


def start_listening(connection: Transaction, channel: str) -> None:
    connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(channel)))


def wait_for_notice(connection: Transaction, seconds: float, wake: int) -> list[str]:
    """Sleep until a channel speaks, the file descriptor `wake` is readable, or time is up; return what was said."""
    ready, _, _ = select.select([connection.fileno(), wake], [], [], seconds)
    if wake in ready:
        os.read(wake, 4096)
    return [notice.payload for notice in connection.notifies(timeout=0)]
