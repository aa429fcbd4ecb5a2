"""Tombstones: `build/gone/<name>` hides pages from readers (410), whatever files exist.

`<slug>` hides everything below `/rules/<slug>/`; `<slug>.v.<n>` one version, its formats included; `<slug>.compare.<n>`
one comparison.

Touched only under the rule's row lock: the API lays one after its UPDATE and before COMMIT; the pages worker lifts it
while it holds the row and has seen it published, with the pages in place.

Its file's time is never before that of a page which it outlives: a page that is written again must get a later one, or
a reader who holds the old page would be told that nothing has changed.
"""

import os
import re
from contextlib import suppress
from pathlib import Path

SLUG = re.compile(r"rules/([a-z0-9-]+)/")


class Tombstones:
    def __init__(self, build: Path) -> None:
        self._folder = build / "gone"

    def lay(self, name: str) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        (self._folder / name).touch()

    def lift(self, name: str) -> None:
        (self._folder / name).unlink(missing_ok=True)

    def stands(self, name: str) -> bool:
        return (self._folder / name).exists()

    def outlive(self, path: str, page: Path) -> None:
        """Called before a page of the tree is removed."""
        tombstone = self._over(path)
        with suppress(FileNotFoundError):
            if tombstone and (moment := page.stat().st_mtime) > tombstone.stat().st_mtime:
                os.utime(tombstone, (moment, moment))

    def moment(self, path: str) -> int:
        """The second after which a page that stands below a tombstone is to be dated; 0 where there is none."""
        tombstone = self._over(path)
        try:
            return int(tombstone.stat().st_mtime) if tombstone else 0
        except FileNotFoundError:
            return 0

    def _over(self, path: str) -> Path | None:
        found = SLUG.match(path)
        return self._folder / found[1] if found else None

    def names(self) -> set[str]:
        return {path.name for path in self._folder.iterdir()} if self._folder.is_dir() else set()


def of_version(slug: str, number: int) -> tuple[str, ...]:
    """The tombstones of a version that was withdrawn: its pages, and the comparisons that would show its text."""
    return (f"{slug}.v.{number}", f"{slug}.compare.{number}", f"{slug}.compare.{number + 1}")
