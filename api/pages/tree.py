"""The folders under `build/`: releases, the link to the one that readers see, and who may write.

`releases/<id>/` is a tree of pages with `.complete` in it once it is whole; `releases/<id>.json` says what it was made
from; `releases/<id>.manifest` what it holds; `current` links to the release that is served.
"""

import fcntl
import json
import os
import secrets
import shutil
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from api.pages.manifest import files_of as manifest_files

KEPT_RELEASES = 2
COMPLETE = ".complete"
READY = ".ready"
BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True, slots=True)
class ReleaseInfo:
    """`inputs` is the digest of everything but rows; `boot_id` the machine's when it was last known whole."""

    id: str
    inputs: str
    boot_id: str
    pages: int
    seconds: float


class Tree:
    def __init__(self, build: Path) -> None:
        self.build = build
        self.releases = build / "releases"
        self.current = build / "current"
        self.assets = build / "assets"

    def prepare(self) -> None:
        for folder in (self.releases, self.assets, self.build / "gone"):
            folder.mkdir(parents=True, exist_ok=True)

    def current_id(self) -> str | None:
        """The id of the release that readers see, if it is there and whole."""
        try:
            id = Path(os.readlink(self.current)).name
        except OSError:
            return None
        return id if (self.releases / id / COMPLETE).exists() else None

    def info(self, id: str) -> ReleaseInfo | None:
        try:
            return ReleaseInfo(**json.loads((self.releases / f"{id}.json").read_text()))
        except (OSError, ValueError, TypeError):
            return None

    def folder(self, id: str) -> Path:
        return self.releases / id

    def manifest_file(self, id: str) -> Path:
        return self.releases / f"{id}.manifest"

    def new_id(self) -> str:
        return f"{time.strftime('%Y%m%d-%H%M%S', time.gmtime())}-{secrets.token_hex(3)}"

    def begin(self, id: str) -> "FileLock":
        """Make the folder of a new release, with a lock that tells others that somebody is building it."""
        self.folder(id).mkdir(parents=True)
        lock = FileLock(self.releases / f"{id}.lock")
        lock.try_take()
        return lock

    def switch(self, info: ReleaseInfo) -> None:
        """Readers see this release from now on: one symbolic link is replaced, as the last thing that can fail."""
        self.note(info)
        (self.folder(info.id) / COMPLETE).touch()
        aside = self.build / ".current.new"
        aside.unlink(missing_ok=True)
        aside.symlink_to(Path("releases") / info.id)
        os.replace(aside, self.current)

    def note(self, info: ReleaseInfo) -> None:
        """What a release was made from, beside it."""
        (self.releases / f"{info.id}.json").write_text(json.dumps(asdict(info)) + "\n")

    def mark_ready(self) -> None:
        """Tombstones are in order: rules may be served. The launcher takes the mark away at its start."""
        (self.build / READY).touch()

    def delete_unswitched(self) -> list[str]:
        """Releases that never came to be: built in part by a process that is gone."""
        current, deleted = self.current_id(), []
        for id in self.release_ids():
            if id == current or (self.folder(id) / COMPLETE).exists():
                continue
            lock = FileLock(self.releases / f"{id}.lock")
            if lock.try_take():
                self.delete(id)
                deleted.append(id)
            lock.release()
        return deleted

    def delete_old(self) -> list[str]:
        """All but the release that is served and the newest others, `KEPT_RELEASES` in all."""
        current = self.current_id()
        others = [id for id in sorted(self.release_ids(), reverse=True) if id != current]
        old = others[KEPT_RELEASES - 1 :]
        for id in old:
            self.delete(id)
        return old

    def release_ids(self) -> list[str]:
        return sorted(path.name for path in self.releases.iterdir() if path.is_dir()) if self.releases.is_dir() else []

    def delete(self, id: str) -> None:
        """Remove a release; never the one that readers see."""
        if id == self.current_id():
            return
        beside = (self.releases / f"{id}.json", self.releases / f"{id}.lock")
        for file in (*beside, *manifest_files(self.manifest_file(id))):
            file.unlink(missing_ok=True)
        shutil.rmtree(self.folder(id), ignore_errors=True)


class FileLock:
    """An exclusive lock on a file, held until `release` or the process's end. The file holds the holder's id."""

    def __init__(self, file: Path) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        self._file = file.open("a+")

    def try_take(self) -> bool:
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        self._file.truncate(0)
        self._file.write(str(os.getpid()))
        self._file.flush()
        return True

    def holder(self) -> int | None:
        """The process that holds the lock, as far as its file tells."""
        self._file.seek(0)
        text = self._file.read().strip()
        return int(text) if text.isdecimal() else None

    def release(self) -> None:
        self._file.close()


def tree_lock(build: Path) -> FileLock:
    """The lock of the one process that writes the served tree."""
    return FileLock(build / ".lock")


def boot_id() -> str:
    """Changes with every start of the machine: pages are not fsynced, so a tree is trusted within one only."""
    return BOOT_ID.read_text().strip() if BOOT_ID.exists() else ""
