"""Files of the tree: written aside and renamed, never in place, the `.gz` twin first.

A reader never sees half a page, nor a twin newer than its page. Pages need atomicity, not durability: no fsync here.
What readers look at again and again has a twin; what they take along once (`.json`, `.md`, `.csv`) is packed by nginx.
"""

import errno
import gzip
import hashlib
import os
import time
import zlib
from contextlib import suppress
from pathlib import Path

GZIP_LEVEL = 4
WITH_TWINS = (".html", ".xml", ".txt")


def has_twin(path: str) -> bool:
    return path.endswith(WITH_TWINS)


def write_file(root: Path, path: str, data: bytes, served_from: Path | None = None, after: int = 0) -> bool:
    """Put a page and its twin in place; False when the same bytes are there already.

    `served_from` is the root of the release that readers see when it is not `root`: a page with the same bytes there is
    hard-linked, and one with other bytes gets a later time. nginx's ETag is second and size, so two versions of equal
    length must never share a second: the new time is max(now, old + 1), in whole seconds. `after` is the second of an
    old one that has been removed.
    """
    target = os.path.join(root, path)
    if _holds(target, data) and _twin_holds(target, data):
        for name in _names(target):
            Path(_aside(name)).unlink(missing_ok=True)  # what a killed writer may have left
        return False
    served = os.path.join(served_from, path) if served_from else None
    if served and _holds(served, data) and _twin_holds(served, data) and _link(served, target):
        return True
    moment = max(_moment(target, served), after + 1)
    if has_twin(target):
        _replace(f"{target}.gz", gzip.compress(data, GZIP_LEVEL, mtime=0), moment)
    _replace(target, data, moment)
    return True


def link_file(root: Path, path: str, served_from: Path, sha256: bytes) -> bool:
    """Link a page and its twin from another release; False when they are not there, or not undamaged."""
    served = os.path.join(served_from, path)
    try:
        with open(served, "rb", buffering=0) as opened:
            data = opened.readall()
    except FileNotFoundError:
        return False
    if hashlib.sha256(data).digest() != sha256 or not _twin_holds(served, data):
        return False
    return _link(served, os.path.join(root, path))


def remove_file(root: Path, path: str) -> bool:
    """Remove a page, then its twin, then folders that are left empty; False when there was none."""
    target = root / path
    existed = target.exists()
    for name in (str(target), f"{target}.gz"):
        for file in (Path(name), Path(_aside(name))):
            file.unlink(missing_ok=True)
    folder = target.parent
    while folder != root and folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()
        folder = folder.parent
    return existed


def _names(target: str) -> tuple[str, ...]:
    """A page's files, the twin first."""
    return (f"{target}.gz", target) if has_twin(target) else (target,)


def _holds(file: str, data: bytes) -> bool:
    try:
        if os.stat(file).st_size != len(data):
            return False
        with open(file, "rb", buffering=0) as opened:
            return opened.readall() == data
    except FileNotFoundError:
        return False


def _twin_holds(file: str, data: bytes) -> bool:
    if not has_twin(file):
        return True
    try:
        with open(f"{file}.gz", "rb", buffering=0) as opened:
            return zlib.decompress(opened.readall(), wbits=31) == data
    except (FileNotFoundError, zlib.error):
        return False


def _link(served: str, target: str) -> bool:
    try:
        for destination in _names(target):
            _link_over(served + destination.removeprefix(target), destination)
    except FileNotFoundError:
        return False
    return True


def _link_over(source: str, destination: str) -> None:
    try:
        os.link(source, destination)
    except FileExistsError:
        aside = Path(_aside(destination))
        aside.unlink(missing_ok=True)
        os.link(source, aside)
        os.replace(aside, destination)
        aside.unlink(missing_ok=True)  # renaming one link of a file onto another leaves both
    except FileNotFoundError:
        os.makedirs(os.path.dirname(destination), exist_ok=True)
        os.link(source, destination)


def _moment(*files: str | None) -> int:
    moment = int(time.time())
    for file in files:
        if file:
            with suppress(FileNotFoundError):
                moment = max(moment, int(os.stat(file).st_mtime) + 1)
    return moment


def _replace(target: str, data: bytes, moment: int) -> None:
    aside, over = _aside(target), os.path.exists(target)
    try:
        _write(aside, data, moment, over=over)
    except FileNotFoundError:
        os.makedirs(os.path.dirname(target), exist_ok=True)
        _write(aside, data, moment, over=over)
    os.replace(aside, target)


def _write(file: str, data: bytes, moment: int, *, over: bool) -> None:
    """`over` tells that it will be renamed over another: ext4 then writes it out, unless its blocks are set aside."""
    with open(file, "wb", buffering=0) as opened:
        if over and data:
            os.posix_fallocate(opened.fileno(), 0, len(data))
        if opened.write(data) != len(data):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), file)
        os.utime(opened.fileno(), (moment, moment))


def _aside(target: str) -> str:
    """One fixed name per target: there is one writer, and a leftover is overwritten by the next try."""
    folder, name = os.path.split(target)
    return f"{folder}/.{name}.new"
