"""Files of the tree: written aside and renamed, never in place, the `.gz` twin first.

A reader never sees half a page, nor a twin newer than its page. Pages need atomicity, not durability: no fsync here.
"""

import gzip
import os
import time
from pathlib import Path

GZIP_LEVEL = 4


def write_file(root: Path, path: str, data: bytes, served_from: Path | None = None) -> bool:
    """Put a page and its twin in place; False when the same bytes are there already.

    `served_from` is the root of the release that readers see when it is not `root`: a page with the same bytes there is
    hard-linked, and one with other bytes gets a later time. nginx's ETag is second and size, so two versions of equal
    length must never share a second: the new time is max(now, old + 1), in whole seconds.
    """
    target = root / path
    twin = target.with_name(target.name + ".gz")
    _aside(target).unlink(missing_ok=True)  # what a killed writer may have left
    _aside(twin).unlink(missing_ok=True)
    if _holds(target, data) and twin.exists():
        return False
    served = served_from / path if served_from else None
    if served and _holds(served, data) and _link(served, target, twin):
        return True
    moment = _moment(target, served)
    _replace(twin, gzip.compress(data, GZIP_LEVEL, mtime=0), moment)
    _replace(target, data, moment)
    return True


def remove_file(root: Path, path: str) -> bool:
    """Remove a page, then its twin, then folders that are left empty; False when there was none."""
    target = root / path
    existed = target.exists()
    for file in (target, target.with_name(target.name + ".gz"), _aside(target)):
        file.unlink(missing_ok=True)
    folder = target.parent
    while folder != root and folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()
        folder = folder.parent
    return existed


def _holds(file: Path, data: bytes) -> bool:
    try:
        return file.stat().st_size == len(data) and file.read_bytes() == data
    except FileNotFoundError:
        return False


def _link(served: Path, target: Path, twin: Path) -> bool:
    served_twin = served.with_name(served.name + ".gz")
    try:
        for source, destination in ((served_twin, twin), (served, target)):
            aside = _aside(destination)
            destination.parent.mkdir(parents=True, exist_ok=True)
            os.link(source, aside)
            os.replace(aside, destination)
            aside.unlink(missing_ok=True)  # renaming one link of a file onto another leaves both
    except FileNotFoundError:
        return False
    return True


def _moment(*files: Path | None) -> int:
    moment = int(time.time())
    for file in files:
        try:
            if file:
                moment = max(moment, int(file.stat().st_mtime) + 1)
        except FileNotFoundError:
            continue
    return moment


def _replace(target: Path, data: bytes, moment: int) -> None:
    aside = _aside(target)
    try:
        aside.write_bytes(data)
    except FileNotFoundError:
        target.parent.mkdir(parents=True, exist_ok=True)
        aside.write_bytes(data)
    os.utime(aside, (moment, moment))
    os.replace(aside, target)


def _aside(target: Path) -> Path:
    """One fixed name per target: there is one writer, and a leftover is overwritten by the next try."""
    return target.with_name(f".{target.name}.new")
