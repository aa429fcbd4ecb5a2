"""A whole release: built beside the live one, caught up with what was published meanwhile, then switched to."""

import shutil
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
from rulepages.listing_pages import listing_pages
from rulepages.page import Page
from rulepages.pages import first_pages
from rulepages.rows import Rule
from rulepages.rule_pages import rule_pages

BATCH = 64  # jobs that one round of the pages worker takes
MAX_ROUNDS = 100
FIXED_PAGES = 250  # near enough for a progress line
PAGE_BYTES = 24 * 1024  # of a page that was never built before, with its twin, on the disk
SPARE_BYTES = 64 * 1024 * 1024


class Stopped(Exception):
    """Told to stop in the middle of a build."""


class NoSpace(Exception):
    """The disk would be full before the release is whole."""


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

    def __init__(self, config: Config, tree: Tree, say: Callable[[Progress], None], *, gentle: int = 0) -> None:
        self._started = time.monotonic()
        self._tree = tree
        self._say = say
        self._release = tree.new_id()
        self._lock = tree.begin(self._release)
        try:
            self.renderer = Renderer(config, tree, self._release, served=tree.current_id(), gentle=gentle)
        except BaseException:
            self._give_up()
            raise
        self.renderer.start_writing()
        self.snapshot = ""
        self.pages = 0
        self.failed: dict[str, str] = {}  # rules that could not be rendered, by slug

    def build(self, connection: Transaction) -> None:
        """Every page, from one snapshot. On any error the unfinished folder is deleted and the live release stays."""
        with SnapshotSource(connection) as source:
            self.snapshot = source.snapshot
            total = self._estimate(connection)
            self._check_space(total)
            for page in first_pages(self.renderer.site, source):
                self._write(page, total)
            for rule in source.rules():
                self._write_rule(source, rule, total)
            for page in listing_pages(self.renderer.site, source):
                self._write(page, total)
        self._settle()
        self._say(Progress(self.pages, self.pages, time.monotonic() - self._started))

    def catch_up(self, connection: Transaction) -> int:
        """Render what was published since the last snapshot; return how many jobs that was."""
        with SnapshotSource(connection) as source:
            jobs = queries.jobs_unseen_by(connection, self.snapshot)
            if jobs:
                publisher = Publisher(self.renderer)
                changes = [change for job in queries.find_jobs(connection, jobs) for change in job.changes]
                self.failed |= publisher.write_live(source, changes)
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
        self.renderer.close()
        self._give_up()

    def _give_up(self) -> None:
        self._tree.delete(self._release)
        self._lock.release()

    def _write_rule(self, source: SnapshotSource, rule: Rule, total: int) -> None:
        """A rule that cannot be rendered keeps the pages that readers see now, is reported, and blocks nobody."""
        try:
            for page in list(rule_pages(self.renderer.site, source, rule)):
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
            self._settle()
            self._say(Progress(self.pages, max(total, self.pages), time.monotonic() - self._started))

    def _settle(self) -> None:
        self.renderer.settle()
        self.renderer.manifest.flush()

    def _check_space(self, pages: int) -> None:
        """Pages that stay the same are linked and take no room; how many those are shows in the inputs only."""
        served = self._tree.current_id()
        info = self._tree.info(served) if served else None
        if info and info.inputs == self.renderer.site.digest:
            return
        needed = SPARE_BYTES + pages * PAGE_BYTES
        disk = shutil.disk_usage(self._tree.build)
        if disk.free < needed:
            raise NoSpace(f"a release of {pages} pages needs {needed >> 20} MB, {disk.free >> 20} MB are free")

    def _estimate(self, connection: Transaction) -> int:
        """Four files for each version, four for each rule, all archive pages and fixed ones."""
        rules, versions = queries.published_counts(connection)
        places = queries.highest_places(connection)
        archives = sum(listings.page_count(highest) for highest in places.values())
        return FIXED_PAGES + 4 * rules + 4 * versions + archives


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
