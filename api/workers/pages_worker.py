"""The pages worker: claims what waits as one batch, writes the affected pages, says so.

One process writes the served tree, held by a file lock and an advisory lock; others stand by. A *generation* is one
such process with the content, catalogue, theme and code that it loaded at its start. A release is a new generation: the
old one asks the launcher for a successor (SIGUSR1), which builds a whole release beside the live one, catches up, asks
the old one to retire (SIGUSR2), takes its locks, switches, and is the pages worker from then on.
"""

import logging
import os
import select
import signal
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from api.config import Config
from api.database import OperationalError, Transaction, connect, start_listening, wait_for_notice
from api.jobs import queries as jobs
from api.pages import queries
from api.pages.publishing import Publisher
from api.pages.queries import PageJob
from api.pages.releases import BATCH, NoSpace, Progress, ReleaseBuild, Stopped, catch_up_rounds
from api.pages.renderer import Renderer
from api.pages.repair import Repair
from api.pages.source import SnapshotSource
from api.pages.stop_mark import leave_stop_mark, take_stop_mark
from api.pages.tombstones import Tombstones
from api.pages.tree import Tree, boot_id, tree_lock
from api.workers.signals import wake_on_signals

TREE_LOCK = 0x70616765  # "page": held by the one pages worker of a database
RELEASE_LOCK = 0x72656C65  # "rele": held by a successor while it builds
TOMBSTONE_SECONDS = 10.0  # how often tombstones are compared with rows
PATIENT = 1_000_000  # attempts for what is not the job's own fault
DISK_SECONDS = 5.0  # between two tries on a disk that is full
BEAT_SECONDS = 1.0
SPACE_SECONDS = 5.0  # before a release that had no room is tried again
SHOW_SECONDS = 2.0  # between two lines of a build's progress
RETIRE_SECONDS = 30.0
LATER_SECONDS = 0.5  # feeds and sitemaps wait no longer than this for publishes that keep coming
RELEASE_ATTEMPTS = 3
PAUSE_SECONDS = 0.1  # between two steps of a round
REST_SECONDS = 600.0  # between two rounds of the comparison with the rows
GENTLE = 10  # the priority of a build beside the live generation

log = logging.getLogger(__name__)


class NotRetired(Exception):
    """The live generation did not let go of the tree in time."""


class PagesWorker:
    """State of one generation. `ready` is called when readers can be served; only its first call counts.

    `launcher` is the process that starts a successor when it gets SIGUSR1.
    """

    def __init__(self, config: Config, ready: Callable[[], None], launcher: int | None) -> None:
        self._config = config
        self._ready = ready
        self._launcher = launcher
        self._tree = Tree(config.build)
        self._tombstones = Tombstones(config.build)
        self._lock = tree_lock(config.build)
        self._stopping = False
        self._retiring = False
        self._renderer: Renderer | None = None
        self._publisher: Publisher | None = None
        self._live: list[int] = []  # jobs whose pages are live, with listings still to follow
        self._live_since = 0.0
        self._compared = time.monotonic()
        self._last_beat = self._last_shown = 0.0
        self._looked = 0.0
        self._round: Repair | None = None  # of the comparison with the rows
        self._next_round = 0.0
        self._wake = wake_on_signals()
        signal.signal(signal.SIGTERM, self._on_stop)
        signal.signal(signal.SIGINT, self._on_stop)
        signal.signal(signal.SIGUSR2, self._on_retire)

    # -- life ---------------------------------------------------------------------------------------------------------

    def run(self, *, successor: bool) -> int:
        """Until told to stop (0) or to retire (0). Database trouble is waited out; pages stay as they are."""
        if successor:
            return self._run_successor()
        self.prepare()
        while not self._stopping and not self._retiring:
            try:
                with connect(self._config.database_url) as connection, connect(self._config.database_url) as reader:
                    self._serve(connection, reader)
            except Stopped:
                break
            except NoSpace as error:
                log.error("%s; trying again", error)
                time.sleep(SPACE_SECONDS)
            except OperationalError as error:
                log.warning("the database went away (%s); trying again", str(error).strip().split("\n")[0])
                time.sleep(1.0)
            except OSError as error:
                log.error("pages cannot be written (%s); trying again", error)
                self._pause(DISK_SECONDS)
        self.close()
        return 0

    def _run_successor(self) -> int:
        """Build, catch up, take over. A failure leaves the live release and its worker untouched."""
        build, wanted = None, list[int]()
        try:
            with connect(self._config.database_url) as connection, connect(self._config.database_url) as reader:
                queries.try_lock(connection, RELEASE_LOCK)
                with connection.transaction():
                    wanted = jobs.claim_releases(connection)
                    build = self._build_gently(reader)
                    for _ in catch_up_rounds(build, reader):
                        pass
                    self._take_over()
                    self._claim_database(connection)
                    self._finish(connection, reader, build, wanted)
                queries.unlock(connection, RELEASE_LOCK)
                self._work(connection, reader)
        except Exception as error:
            if self._renderer is None:
                if build:
                    build.abandon()
                self._report_failed_release(error, wanted)
                return 0 if isinstance(error, Stopped) else 1
            log.warning("the database went away (%s); trying again", error)
            return self.run(successor=False)
        self.close()
        return 0

    def _serve(self, connection: Transaction, reader: Transaction) -> None:
        self.open(connection, reader)
        self._be_ready()
        self._work(connection, reader)

    def _be_ready(self) -> None:
        self._tree.mark_ready()
        self._ready()

    def prepare(self) -> None:
        self._tree.prepare()
        self._wait_for_lock()

    def open(self, connection: Transaction, reader: Transaction) -> None:
        """Take the tree, put it in order, and load or make the release that readers see."""
        self._claim_database(connection)
        self._derive_tombstones(connection)
        if self._renderer is None:
            self._open_tree(connection, reader)

    def _open_tree(self, connection: Transaction, reader: Transaction) -> None:
        """Go on with the live release when it was made from the same inputs and can be trusted; else make one."""
        for id in self._tree.delete_unswitched():
            log.info("deleted unfinished release %s", id)
        trusted = take_stop_mark(self._tree)
        current = self._tree.current_id()
        info = self._tree.info(current) if current else None
        if current and info and (trusted or info.boot_id == boot_id()):
            self._tree.note(replace(info, boot_id=boot_id()))  # whole, and known to be since this boot
            renderer = Renderer(self._config, self._tree, current)
            if info.inputs == renderer.site.digest:
                renderer.start_writing()
                self._renderer = renderer
                self._start_afresh()
                return
            self._be_ready()  # the old pages are whole: let readers have them while the new ones are made
        with connection.transaction():
            wanted = jobs.claim_releases(connection)
            build = self._build(reader)
            for _ in catch_up_rounds(build, reader):
                pass
            self._finish(connection, reader, build, wanted)

    def _build_gently(self, reader: Transaction) -> ReleaseBuild:
        """Beside the live generation: on a thread that lets everybody else go first (Linux keeps that per thread)."""
        build = ReleaseBuild(self._config, self._tree, self._show, gentle=GENTLE)
        with ThreadPoolExecutor(1, initializer=lambda: os.setpriority(os.PRIO_PROCESS, 0, GENTLE)) as thread:
            return thread.submit(self._fill, build, reader).result()

    def _build(self, reader: Transaction) -> ReleaseBuild:
        return self._fill(ReleaseBuild(self._config, self._tree, self._show), reader)

    def _fill(self, build: ReleaseBuild, reader: Transaction) -> ReleaseBuild:
        try:
            build.build(reader)
        except BaseException:
            build.abandon()
            raise
        return build

    def _finish(self, connection: Transaction, reader: Transaction, build: ReleaseBuild, wanted: list[int]) -> None:
        """The last round, under the locks; then the switch."""
        build.catch_up(reader)
        report = build.switch()
        self._renderer = build.renderer
        self._start_afresh()
        log.info("release %(release)s is live: %(pages)d pages in %(seconds).1f s", report)
        for slug, words in build.failed.items():
            log.error("the rule %s could not be rendered and keeps its old pages: %s", slug, words)
        jobs.mark_done(connection, wanted, report)
        queries.settle_dead_jobs(connection, build.snapshot, list(build.failed))

    # -- work ---------------------------------------------------------------------------------------------------------

    def _work(self, connection: Transaction, reader: Transaction) -> None:
        listener = connect(self._config.database_url)
        with listener:
            start_listening(listener, "work")
            while not self._stopping and not self._retiring:
                busy = self.publish_batch(
                    connection, reader, lambda: "page" in wait_for_notice(listener, 0, self._wake)
                )
                self._beat(connection)
                if not busy or time.monotonic() - self._looked >= BEAT_SECONDS:
                    self._look_around(connection, reader)
                if not busy:
                    wait_for_notice(listener, PAUSE_SECONDS if self._round else BEAT_SECONDS, self._wake)

    def _look_around(self, connection: Transaction, reader: Transaction) -> None:
        """What else there may be to do. Authors who publish without a break must not keep it from being done."""
        self._looked = time.monotonic()
        self._ask_for_release(connection)
        self._compare_tombstones(connection)
        self._heal_lost_tree(connection, reader)
        self._repair(connection, reader)

    def publish_batch(
        self, connection: Transaction, reader: Transaction, wanted: Callable[[], bool] = lambda: False
    ) -> bool:
        """Write what waits; False when nothing does. A crash at any point repeats it, which is harmless.

        `wanted` tells that another publish has come: it is made live before the feeds and sitemaps of those before it.
        """
        assert self._publisher is not None
        found = queries.waiting_jobs(connection, limit=BATCH, but=self._live)
        if not found and not self._live:
            return False
        try:
            with SnapshotSource(reader) as source:
                if found:
                    self._make_live(connection, source, found)
                report = self._publisher.write_later(source, lambda: self._is_interrupted(wanted))
        except OperationalError:
            raise
        except Exception as error:
            log.exception("a batch of %d jobs failed", len(found) + len(self._live))
            failed = dict.fromkeys([*self._live, *(job.id for job in found)])
            self._mark_failed(connection, list(failed), repr(error), disk=isinstance(error, OSError))
            self._start_afresh()
            return True
        if report is not None:
            queries.mark_done(connection, self._live, report.to_json())
            self._live = []
        return True

    def _make_live(self, connection: Transaction, source: SnapshotSource, found: list[PageJob]) -> None:
        """Pages in place, tombstones lifted, then the waiting requests told."""
        assert self._publisher is not None
        failed = self._publisher.write_live(source, [change for job in found for change in job.changes])
        good, bad = list[PageJob](), dict[int, str]()
        for job in found:
            if words := next((failed[change.slug] for change in job.changes if change.slug in failed), None):
                bad[job.id] = words
            else:
                good.append(job)
        for slug in dict.fromkeys(change.slug for job in good for change in job.changes):
            if self._tombstones.stands(slug) and source.rule(slug):  # in place as this snapshot has it
                with connection.transaction():
                    if queries.lock_if_published(connection, slug):
                        self._tombstones.lift(slug)
        if good:
            queries.mark_live(connection, [job.id for job in good])
        for id, words in bad.items():
            self._mark_failed(connection, [id], words)
        if not self._live:
            self._live_since = time.monotonic()
        self._live += [job.id for job in good]

    def _is_interrupted(self, wanted: Callable[[], bool]) -> bool:
        return time.monotonic() - self._live_since < LATER_SECONDS and wanted()

    def _start_afresh(self) -> None:
        assert self._renderer is not None
        self._publisher, self._live, self._round = Publisher(self._renderer), [], None

    def _mark_failed(self, connection: Transaction, job_ids: list[int], error: str, *, disk: bool = False) -> None:
        """What is not the job's own fault, such as a full disk, parks nothing, and is tried again soon for as long as
        it lasts: when there is room, the pages come at once."""
        limits: dict[str, Any] = {"max_attempts": PATIENT, "longest_pause": DISK_SECONDS} if disk else {}
        for id in job_ids:
            parked = jobs.mark_failed(connection, id, error, **limits)
            log.error("page job %d failed%s: %s", id, " and is parked" if parked else "", error)

    # -- releases -----------------------------------------------------------------------------------------------------

    def _ask_for_release(self, connection: Transaction) -> None:
        """A release that waits and that no successor holds: ask the launcher for a new generation, a few times."""
        if not queries.try_lock(connection, RELEASE_LOCK):
            return  # a successor is at work; when it is done, it sees what came since
        queries.unlock(connection, RELEASE_LOCK)
        with connection.transaction():
            for job in jobs.claim(connection, "release", limit=1):
                if jobs.mark_failed(connection, job.id, "no successor finished it", max_attempts=RELEASE_ATTEMPTS + 1):
                    log.error("release job %d is parked after %d tries", job.id, RELEASE_ATTEMPTS)
                    return
                if self._launcher:
                    os.kill(self._launcher, signal.SIGUSR1)

    def _take_over(self) -> None:
        """Ask the live generation to retire and take the file lock; give up when it does not let go."""
        deadline = time.monotonic() + RETIRE_SECONDS
        asked: int | None = None
        while not self._lock.try_take():
            holder = self._lock.holder()
            if holder and holder != asked:
                os.kill(holder, signal.SIGUSR2)
                asked = holder
            if time.monotonic() > deadline or self._stopping:
                raise NotRetired("the live pages worker did not retire")
            time.sleep(0.01)

    def _report_failed_release(self, error: Exception, wanted: list[int]) -> None:
        """What failed once would fail again: park it, with the reason, for whoever asked."""
        log.error("the new release failed, the live one stays: %s: %s", type(error).__name__, error)
        if not isinstance(error, OperationalError | OSError | Stopped | NotRetired):
            with suppress(OperationalError), connect(self._config.database_url) as connection:
                for id in wanted:
                    jobs.drop_job(connection, id, str(error))

    def _heal_lost_tree(self, connection: Transaction, reader: Transaction) -> None:
        """Somebody deleted `build/` while it was served: make it again."""
        if self._renderer and self._tree.current_id() != self._renderer.release:
            log.warning("the release that is served has gone; making it again")
            self._tree.prepare()
            self._lock.release()
            self._lock = tree_lock(self._config.build)
            self._wait_for_lock()
            self._renderer.close()
            self._renderer = None
            self._derive_tombstones(connection)
            self._open_tree(connection, reader)
            self._be_ready()

    def _repair(self, connection: Transaction, reader: Transaction) -> None:
        """A little of the periodic comparison with the rows. It begins with each generation, then rests for a while."""
        assert self._renderer is not None
        if self._round is None and time.monotonic() > self._next_round:
            self._round = Repair(self._renderer)
        if self._round is None or not self._round.step(reader):
            return
        report = {"release": self._renderer.release, "pages": self._round.checked, "mended": self._round.mended[:20]}
        jobs.beat(connection, "check", {**report, "drift": False})
        self._round, self._next_round = None, time.monotonic() + REST_SECONDS

    # -- small parts --------------------------------------------------------------------------------------------------

    def _wait_for_lock(self) -> None:
        said = False
        while not self._lock.try_take() and not self._stopping and not self._retiring:
            if self._launcher and parent_of(self._lock.holder()) == self._launcher:
                self._retiring = True  # a sibling took over while we were being started: leave it the place
                return
            if not said:
                log.info("another pages worker holds the tree; standing by")
                said = True
            time.sleep(0.2)

    def _claim_database(self, connection: Transaction) -> None:
        """The retiring generation's connection ends a moment after its file lock does."""
        while not queries.try_lock(connection, TREE_LOCK) and not self._stopping:
            time.sleep(0.02)

    def _pause(self, seconds: float) -> None:
        """Sleep, unless a signal comes."""
        select.select([self._wake], [], [], seconds)

    def _compare_tombstones(self, connection: Transaction) -> None:
        """An API that was killed between laying one and its commit leaves one that no row wants."""
        if time.monotonic() - self._compared > TOMBSTONE_SECONDS:
            self._compared = time.monotonic()
            self._derive_tombstones(connection)

    def _derive_tombstones(self, connection: Transaction) -> None:
        """Before rules are served: `gone/` is what the rows say, whatever happened to the folder."""
        wanted = queries.hidden(connection)
        for name in wanted - self._tombstones.names():
            self._tombstones.lay(name)
        for name in self._tombstones.names() - wanted:
            with connection.transaction():
                if not queries.is_hidden(connection, name):
                    self._tombstones.lift(name)

    def _beat(self, connection: Transaction) -> None:
        now = time.monotonic()
        if now - self._last_beat >= BEAT_SECONDS:
            self._last_beat = now
            details: dict[str, Any] = {"pid": os.getpid()}
            if self._renderer:
                details["release"] = self._renderer.release
            jobs.beat(connection, "pages", details)

    def _show(self, progress: Progress) -> None:
        """On the terminal, and in `status`."""
        if self._stopping:
            raise Stopped
        whole = progress.done == progress.total
        line = f"building pages: {progress.done} of {progress.total}, {progress.remaining:.0f} s left"
        if sys.stderr.isatty():
            sys.stderr.write(f"\r{line}\n" if whole else f"\r{line}")
        if whole or time.monotonic() - self._last_shown >= SHOW_SECONDS:
            self._last_shown = time.monotonic()
            if not sys.stderr.isatty():
                sys.stderr.write(f"{line}\n")
            details = {"pages": progress.done, "of": progress.total, "seconds_left": round(progress.remaining)}
            with suppress(OperationalError), connect(self._config.database_url) as connection:
                jobs.beat(connection, "build", details)

    def close(self) -> None:
        """Give up the locks first: a successor waits for them."""
        if self._renderer:
            self._renderer.close()
        self._lock.release()
        if self._stopping and self._renderer:  # a tree that was never trusted is not to be trusted next time
            leave_stop_mark(self._tree)

    def _on_stop(self, *_: Any) -> None:
        self._stopping = True

    def _on_retire(self, *_: Any) -> None:
        self._retiring = True


def parent_of(pid: int | None) -> int | None:
    """A process's parent, None when it has gone."""
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    except (OSError, ValueError, IndexError):
        return None


def run_pages_worker(config: Config, *, ready: Callable[[], None], successor: bool, launcher: int | None) -> int:
    return PagesWorker(config, ready, launcher).run(successor=successor)
