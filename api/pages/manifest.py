"""What a release holds: for each path the sha256 of its bytes and the fingerprint of what it was made from.

An SQLite file beside the release, so that a hundred thousand rules need no memory. It is written after the page: an
entry is never newer than its page, and the try that follows a crash adds what is missing. SQLite's own journal keeps it
whole when the process is killed; after a power cut it is not trusted, like the tree itself.
"""

import errno
import hashlib
import sqlite3
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from rulepages.page import Page


@dataclass(frozen=True, slots=True)
class Entry:
    """Both are 32 bytes."""

    sha256: bytes
    fingerprint: bytes


def fingerprint(page: Page, site_digest: str) -> bytes:
    """The inputs of a page without rendering it: the release's, and the rows' that it shows."""
    return hashlib.sha256(f"{site_digest}\n{page.path}\n{page.template}\n{page.key}".encode()).digest()


class Manifest:
    """The manifest of one release. What was written or removed is kept in memory until `flush`."""

    def __init__(self, file: Path) -> None:
        self._pending: dict[str, Entry | None] = {}
        try:
            self._database = _open(file)
        except sqlite3.DatabaseError:  # damaged: an empty one tells of no page, so that each is looked at again
            for part in files_of(file):
                part.unlink(missing_ok=True)
            self._database = _open(file)

    def close(self) -> None:
        self._database.close()

    def entry(self, path: str) -> Entry | None:
        if path in self._pending:
            return self._pending[path]
        row = self._database.execute("SELECT sha256, fingerprint FROM entry WHERE path = ?", [path]).fetchone()
        return Entry(*row) if row else None

    def wrote(self, path: str, entry: Entry) -> None:
        self._pending[path] = entry

    def removed(self, path: str) -> None:
        self._pending[path] = None

    def forget_pending(self) -> None:
        """What has happened since the last `flush` may not have happened after all."""
        self._pending.clear()

    def flush(self) -> None:
        """Keep what has happened since the last time, in one transaction; OSError when there is no room for it."""
        if not self._pending:
            return
        written = [(path, e.sha256, e.fingerprint) for path, e in self._pending.items() if e]
        removed = [(path,) for path, e in self._pending.items() if e is None]
        try:
            with self._database:
                self._database.executemany("INSERT OR REPLACE INTO entry VALUES (?, ?, ?)", written)
                self._database.executemany("DELETE FROM entry WHERE path = ?", removed)
        except sqlite3.OperationalError as error:
            raise OSError(errno.ENOSPC, f"the manifest cannot be written: {error}") from error
        self._pending.clear()


def files_of(file: Path) -> tuple[Path, ...]:
    """The manifest and what SQLite keeps beside it."""
    return (file, file.with_name(f"{file.name}-wal"), file.with_name(f"{file.name}-shm"))


def _open(file: Path) -> sqlite3.Connection:
    # A release is built on a thread of its own, and kept by the main one afterwards: never by two at once.
    database = sqlite3.connect(file, check_same_thread=False)
    with suppress(sqlite3.OperationalError):  # another process has it open and has done the same
        database.execute("PRAGMA journal_mode = WAL")
    database.execute("PRAGMA synchronous = OFF")
    database.execute(
        "CREATE TABLE IF NOT EXISTS entry (path TEXT PRIMARY KEY, sha256 BLOB, fingerprint BLOB) WITHOUT ROWID"
    )
    return database
