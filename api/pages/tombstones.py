"""Tombstones: `build/gone/<name>` hides pages from readers (410), whatever files exist.

`<slug>` hides everything below `/rules/<slug>/`; `<slug>.v.<n>` one version, its formats included; `<slug>.compare.<n>`
one comparison.

Touched only under the rule's row lock: the API lays one after its UPDATE and before COMMIT; the pages worker lifts it
while it holds the row and has seen it published, with the pages in place.
"""

from pathlib import Path


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

    def names(self) -> set[str]:
        return {path.name for path in self._folder.iterdir()} if self._folder.is_dir() else set()


def of_version(slug: str, number: int) -> tuple[str, ...]:
    """The tombstones of a version that was withdrawn: its pages, and the comparisons that would show its text."""
    return (f"{slug}.v.{number}", f"{slug}.compare.{number}", f"{slug}.compare.{number + 1}")
