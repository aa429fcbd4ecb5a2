"""A whole release: built beside the live one, caught up with what was published meanwhile, then switched to."""

import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from api.config import Config
from api.database import Transaction
from api.pages import queries
from api.pages.publishing import Publisher
from api.pages.renderer import Renderer
from api.pages.source import SnapshotSource
from api.pages.tree import ReleaseInfo, Tree, boot_id
from rulepages import listings
from rulepages.pages import Page, first_pages, listing_pages, rule_pages
from rulepages.rows import Rule

BATCH = 64  # jobs that one round of the pages worker takes
MAX_ROUNDS = 100


class Stopped(Exception):
    """Told to stop in the middle of a build."""


@dataclass(frozen=True, slots=True)
class Progress:
    """Counts for the terminal and for `status`. `total` is an estimate made before the build."""

    done: int
    total: int
    seconds: float

    @property
    def remaining(self) -> float:
        return self.seconds / self.done * (self.total - self.done) if self.done else 0.0


class ReleaseBuild:
    """One release in the making. `snapshot` names what its pages show so far."""

    def __init__(self, config: Config, tree: Tree, say: Callable[[Progress], None]) -> None:
        self._started = time.monotonic()
        self._tree = tree
        self._say = say
        self._release = tree.new_id()
        self._lock = tree.begin(self._release)
        try:
            self.renderer = Renderer(config, tree, self._release, served=tree.current_id())
        except BaseException:
            self.abandon()
            raise
        self.snapshot = ""
        self.pages = 0
        self.failed: dict[str, str] = {}  # rules that could not be rendered, by slug

    def build(self, connection: Transaction) -> None:
        """Every page, from one snapshot. On any error the unfinished folder is deleted and the live release stays."""
        with SnapshotSource(connection) as source:
            self.snapshot = source.snapshot
            total = self._estimate(connection, source)
            for page in first_pages(self.renderer.site, source):
                self._write(page, total)
            for rule in source.rules():
                self._write_rule(rule, total)
            for page in listing_pages(self.renderer.site, source):
                self._write(page, total)
        self.renderer.manifest.flush()
        self._say(Progress(self.pages, self.pages, time.monotonic() - self._started))

    def catch_up(self, connection: Transaction) -> int:
        """Render what was published since the last snapshot; return how many jobs that was."""
        with SnapshotSource(connection) as source:
            jobs = queries.jobs_unseen_by(connection, self.snapshot)
            if jobs:
                publisher = Publisher(self.renderer)
                changes = queries.changes_of(connection, jobs)
                slugs = {change.rule_id: change.slug for change in changes}
                for rule_id, words in publisher.write_live(source, changes).items():
                    self.failed[slugs[rule_id]] = words
                publisher.write_later(source, lambda: False)
            self.snapshot = source.snapshot
        return len(jobs)

    def switch(self) -> dict[str, Any]:
        """Make it the release that readers see. The caller holds the tree's lock and has caught up."""
        seconds = round(time.monotonic() - self._started, 3)
        info = ReleaseInfo(self.renderer.release, self.renderer.site.digest, boot_id(), self.pages, seconds)
        self._tree.switch(info)
        self._lock.release()
        self.renderer.become_live()
        deleted = self._tree.delete_old()
        return {"release": info.id, "pages": info.pages, "seconds": seconds, "deleted": deleted, "failed": self.failed}

    def abandon(self) -> None:
        self._tree.delete(self._release)
        self._lock.release()

    def _write_rule(self, rule: Rule, total: int) -> None:
        """A rule that cannot be rendered keeps the pages that readers see now, is reported, and blocks nobody."""
        try:
            for page in list(rule_pages(self.renderer.site, rule)):
                self._write(page, total)
        except (OSError, Stopped):
            raise
        except Exception as error:
            self.failed[rule.slug] = f"{type(error).__name__}: {error}"
            self.renderer.carry_over(f"rules/{rule.slug}/")

    def _write(self, page: Page, total: int) -> None:
        self.renderer.write(page)
        self.pages += 1
        if self.pages % 200 == 0:
            self.renderer.manifest.flush()
            self._say(Progress(self.pages, max(total, self.pages), time.monotonic() - self._started))

    def _estimate(self, connection: Transaction, source: SnapshotSource) -> int:
        """Three pages a rule, its archive pages, and some sixty fixed ones: near enough for a progress line."""
        rules = queries.published_count(connection)
        return 60 + 3 * rules + listings.page_count(source.highest_place())


def catch_up_rounds(build: ReleaseBuild, connection: Transaction) -> Iterator[int]:
    """Rounds until at most one batch was left, so that the last one, under the lock, is short.

    Or until a round was no smaller than the one before: then authors publish as fast as we follow, and another round
    would leave as much.
    """
    before = sys.maxsize
    for _ in range(MAX_ROUNDS):
        jobs = build.catch_up(connection)
        yield jobs
        if jobs <= BATCH or jobs >= before:
            return
        before = jobs
