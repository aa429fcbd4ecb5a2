"""Files of the tree: written aside and renamed, never in place, the `.gz` twin first.

A reader never sees half a page, nor a twin newer than its page. Pages need atomicity, not durability: no fsync here.
"""

import gzip
import os
import time
from contextlib import suppress
from pathlib import Path

GZIP_LEVEL = 4


def write_file(root: Path, path: str, data: bytes, served_from: Path | None = None, after: int = 0) -> bool:
    """Put a page and its twin in place; False when the same bytes are there already.

    `served_from` is the root of the release that readers see when it is not `root`: a page with the same bytes there is
    hard-linked, and one with other bytes gets a later time. nginx's ETag is second and size, so two versions of equal
    length must never share a second: the new time is max(now, old + 1), in whole seconds. `after` is the second of an
    old one that has been removed.
    """
    target = os.path.join(root, path)
    if _holds(target, data) and os.path.exists(f"{target}.gz"):
        for name in (target, f"{target}.gz"):
            Path(_aside(name)).unlink(missing_ok=True)  # what a killed writer may have left
        return False
    served = os.path.join(served_from, path) if served_from else None
    if served and _holds(served, data) and _link(served, target):
        return True
    moment = max(_moment(target, served), after + 1)
    _replace(f"{target}.gz", gzip.compress(data, GZIP_LEVEL, mtime=0), moment)
    _replace(target, data, moment)
    return True


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


def _holds(file: str, data: bytes) -> bool:
    try:
        if os.stat(file).st_size != len(data):
            return False
        with open(file, "rb", buffering=0) as opened:
            return opened.readall() == data
    except FileNotFoundError:
        return False


def _link(served: str, target: str) -> bool:
    os.makedirs(os.path.dirname(target), exist_ok=True)
    try:
        for source, destination in ((f"{served}.gz", f"{target}.gz"), (served, target)):
            aside = Path(_aside(destination))
            aside.unlink(missing_ok=True)
            os.link(source, aside)
            os.replace(aside, destination)
            aside.unlink(missing_ok=True)  # renaming one link of a file onto another leaves both
    except FileNotFoundError:
        return False
    return True


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
        opened.write(data)
        os.utime(opened.fileno(), (moment, moment))


def _aside(target: str) -> str:
    """One fixed name per target: there is one writer, and a leftover is overwritten by the next try."""
    folder, name = os.path.split(target)
    return f"{folder}/.{name}.new"
