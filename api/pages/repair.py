"""Self-healing: in quiet moments the live release is compared with the rows, a few pages at a time, and mended.

Nothing is rendered but what is wrong. One round looks at the pages of every rule, then at all others, and takes away
what belongs to no rule.
"""

import logging
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial

from api.database import OperationalError, Transaction
from api.pages import queries
from api.pages.check import files_of, is_undamaged
from api.pages.manifest import fingerprint
from api.pages.renderer import Renderer
from api.pages.source import SnapshotSource
from rulepages.listing_pages import listing_paths
from rulepages.page import Page
from rulepages.pages import first_pages, page_at
from rulepages.rule_pages import rule_pages

RULES = 20  # that one step looks at: a publish that comes meanwhile waits for no more than that
PAGES = 100
FOLDERS = 1000

log = logging.getLogger(__name__)


class Repair:
    """One round over the release that a renderer writes. Call `step` until it returns True: then it is complete."""

    def __init__(self, renderer: Renderer) -> None:
        self._renderer = renderer
        self._steps = self._all_steps()
        self.checked = 0
        self.mended: list[str] = []

    def step(self, reader: Transaction) -> bool:
        """Look at some pages, in a snapshot of their own; True when none are left.

        While changes wait for their pages nothing is looked at: the tree is not what the rows say, and is about to be.
        """
        with SnapshotSource(reader) as source:
            if queries.pages_wait(reader):
                return False
            look = next(self._steps, None)
            if look is not None:
                look(source)
        self._renderer.manifest.flush()
        return look is None

    def _all_steps(self) -> Iterator[Callable[[SnapshotSource], None]]:
        self._after, self._paths = 0, list[str]()
        while self._after >= 0:
            yield self._look_at_rules
        yield self._look_at_first_pages
        for paths in _portions(self._paths, PAGES):
            yield partial(self._look_at_paths, paths)
        for names in _portions(self._rule_folders(), FOLDERS):
            yield partial(self._sweep, names)

    def _look_at_rules(self, source: SnapshotSource) -> None:
        rules = source.rules_after(self._after, RULES)
        for id, rule in rules:
            self._after = id
            pages = list(rule_pages(self._renderer.site, source, rule))
            self._look_at(pages)
            self._sweep_rule(rule.slug, {name for page in pages for name in files_of(page.path)})
        if not rules:
            self._after = -1

    def _look_at_first_pages(self, source: SnapshotSource) -> None:
        self._look_at(first_pages(self._renderer.site, source))
        self._paths += listing_paths(self._renderer.site, source.highest_places())

    def _look_at_paths(self, paths: Sequence[str], source: SnapshotSource) -> None:
        self._look_at(page for path in paths if (page := page_at(self._renderer.site, source, path)))

    def _look_at(self, pages: Iterable[Page]) -> None:
        for page in pages:
            self.checked += 1
            entry = self._renderer.manifest.entry(page.path)
            right = entry is not None and entry.fingerprint == fingerprint(page, self._renderer.site.digest)
            if right and entry and is_undamaged(self._renderer.root, page.path, entry):
                continue
            try:
                self._renderer.write(page)
            except (OSError, OperationalError):
                raise
            except Exception as error:
                log.error("%s cannot be rendered and stays as it is: %s: %s", page.path, type(error).__name__, error)
        for path in self._renderer.settle():
            self._mend(path)

    def _sweep_rule(self, slug: str, expected: set[str]) -> None:
        for file in (self._renderer.root / "rules" / slug).rglob("*"):
            path = str(file.relative_to(self._renderer.root))
            if file.is_file() and path not in expected:
                file.unlink()
                self._mend(path)

    def _rule_folders(self) -> list[str]:
        rules = self._renderer.root / "rules"
        return [entry.name for entry in rules.iterdir() if entry.is_dir() and entry.name not in ("by", "page")]

    def _sweep(self, names: Sequence[str], source: SnapshotSource) -> None:
        """Folders of rules that are not published any more."""
        for slug in sorted(set(names) - source.published_among(names)):
            shutil.rmtree(self._renderer.root / "rules" / slug, ignore_errors=True)
            self._mend(f"rules/{slug}/")

    def _mend(self, path: str) -> None:
        log.warning("mended %s: it was not what the rows say", path)
        self.mended.append(path)


def _portions(items: list[str], size: int) -> Iterator[list[str]]:
    return (items[start : start + size] for start in range(0, len(items), size))
