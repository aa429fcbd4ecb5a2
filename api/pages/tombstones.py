"""Tombstones: `build/gone/<slug>` hides everything below `/rules/<slug>/` from readers (410), whatever files exist.

Touched only under the rule's row lock: the API lays one after its UPDATE and before COMMIT; the pages worker lifts it
while it holds the row and has seen it published, with the pages in place.
"""

from pathlib import Path


class Tombstones:
    def __init__(self, build: Path) -> None:
        self._folder = build / "gone"

    def lay(self, slug: str) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        (self._folder / slug).touch()

    def lift(self, slug: str) -> None:
        (self._folder / slug).unlink(missing_ok=True)

    def stands(self, slug: str) -> bool:
        return (self._folder / slug).exists()

    def slugs(self) -> set[str]:
        return {path.name for path in self._folder.iterdir()} if self._folder.is_dir() else set()
