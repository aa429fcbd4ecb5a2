"""Where uploads lie: one folder of files that are named after their content, written once and never changed.

A file has no name until it is whole and on disk (`O_TMPFILE`, fsync, `linkat`): whatever ends us before leaves nothing.
Some file systems know no nameless files; there it has a name that starts with a dot, which nobody is served.
"""

import errno
import hashlib
import logging
import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from api.errors import Misconfigured, TryLater
from rulepages.uploads import ANY_NAME

MODE = 0o644  # the web server may run under another account
PIECE_BYTES = 1024 * 1024
KEPT_FREE = 256 * 1024 * 1024
NO_NAMELESS_FILES = (errno.EOPNOTSUPP, errno.EISDIR, errno.EINVAL)
NO_ROOM = (errno.ENOSPC, errno.EDQUOT)

log = logging.getLogger(__name__)


@dataclass(slots=True)
class NewFile:
    """A file that is being written. `called` is empty while it has no name at all."""

    file: IO[bytes]
    folder: int
    called: str

    def size(self) -> int:
        self.file.flush()
        return os.fstat(self.file.fileno()).st_size

    def sha256(self) -> str:
        digest = hashlib.sha256()
        self.file.seek(0)
        while piece := self.file.read(PIECE_BYTES):
            digest.update(piece)
        return digest.hexdigest()

    def keep_as(self, name: str) -> None:
        """Give it its name, for ever. It may be there already: then it is the same."""
        self.file.flush()
        os.fsync(self.file.fileno())
        with suppress(FileExistsError):
            if self.called:
                os.link(self.called, name, src_dir_fd=self.folder, dst_dir_fd=self.folder)
            else:
                os.link(f"/proc/self/fd/{self.file.fileno()}", name, dst_dir_fd=self.folder)
        os.fsync(self.folder)


class Store:
    """`folder` is None where none is configured. So much room is left to everybody else on the disk."""

    def __init__(self, folder: Path | None, *, kept_free: int = KEPT_FREE) -> None:
        self._folder, self._kept_free = folder, kept_free

    def check(self) -> None:
        """Misconfigured without a usable folder."""
        with self._opened():
            pass

    @contextmanager
    def new_file(self) -> Iterator[NewFile]:
        """Gone at the end, unless it was kept. Misconfigured without a usable folder, TryLater on a full disk."""
        with self._opened() as folder:
            self._check_room(folder)
            descriptor, called = _create(folder)
            try:
                with os.fdopen(descriptor, "w+b") as file:
                    yield NewFile(file, folder, called)
            except OSError as error:
                if error.errno not in NO_ROOM:
                    raise
                raise _full() from error
            finally:
                if called:
                    os.unlink(called, dir_fd=folder)

    def remove(self, name: str) -> None:
        with self._opened() as folder, suppress(FileNotFoundError):
            os.unlink(name, dir_fd=folder)
            os.fsync(folder)

    def names(self, *, older_than: float) -> list[str]:
        """Of what was written so many seconds ago; also of what was left half-written with a dot."""
        if self._folder is None or not self._folder.is_dir():
            return []
        end = time.time() - older_than
        with os.scandir(self._folder) as entries:
            ours = (entry for entry in entries if ANY_NAME.fullmatch(entry.name) or entry.name.startswith("."))
            return sorted(entry.name for entry in ours if _is_older(entry, end))

    @contextmanager
    def _opened(self) -> Iterator[int]:
        if self._folder is None:
            raise Misconfigured("UPLOAD_ROOT is not set: pictures and files cannot be kept.")
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            folder = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except OSError as error:
            raise Misconfigured(f"UPLOAD_ROOT cannot be used: {error.strerror}.") from error
        try:
            yield folder
        finally:
            os.close(folder)

    def _check_room(self, folder: int) -> None:
        facts = os.fstatvfs(folder)
        if facts.f_bavail * facts.f_frsize < self._kept_free:
            raise _full()


def _create(folder: int) -> tuple[int, str]:
    """A file without a name, and "", or with one that starts with a dot where the file system knows no other."""
    flags = os.O_RDWR | os.O_CLOEXEC
    try:
        return os.open(".", os.O_TMPFILE | flags, MODE, dir_fd=folder), ""
    except PermissionError as error:
        raise Misconfigured("UPLOAD_ROOT cannot be written to.") from error
    except OSError as error:
        if error.errno not in NO_NAMELESS_FILES:
            raise
    called = f".{secrets.token_hex(16)}"
    return os.open(called, os.O_CREAT | os.O_EXCL | flags, MODE, dir_fd=folder), called


def _is_older(entry: os.DirEntry[str], moment: float) -> bool:
    """Of a file, which may be gone since its name was read."""
    try:
        return entry.is_file(follow_symlinks=False) and entry.stat(follow_symlinks=False).st_mtime < moment
    except FileNotFoundError:
        return False


def _full() -> TryLater:
    log.error("the disk of UPLOAD_ROOT is nearly full: nothing more is taken")
    return TryLater("There is no room for more pictures and files right now. The rest of the site works.", seconds=3600)
