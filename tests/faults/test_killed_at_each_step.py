"""kill -9 of the pages worker, and of the process that writes for it, around every rename and commit of a publish.

strace kills it on entry to the Nth of its calls, counted from the moment before the change: what comes before the call
has happened, the call itself has not. A new worker then takes over, as the launcher would start one.
"""

import os
import select
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest

from api import ROOT
from api.app import open_parts
from api.config import Config
from tests.conftest import config_for
from tests.support.cast import OLGA, Browser, Stage
from tests.support.documents import small_document
from tests.support.faults import Strace, family, strace
from tests.support.full_build import (
    FullBuild,
    assert_published,
    hidden_slugs,
    served_files,
    tombstones,
    torn,
    wait_until_settled,
)
from tests.support.postgres import PostgresServer
from tests.support.running_site import wait_until
from tests.support.trees import difference, live_tree

POINTS = 32  # of some 170
# What puts a file in place or takes it away, and what tells the database.
STEPS = "rename,renameat,renameat2,link,linkat,symlink,symlinkat,unlink,unlinkat,rmdir,sendto"
EVERY_STEP = f"{STEPS},openat,write,pwrite64,fallocate,utimensat,mkdir,close,recvfrom"
KINDS = ("publish", "revise", "unpublish", "restore")
CALLERS = ("worker", "writer")
Point = tuple[str, str, str, int]  # kind of change, who calls, call, its number among those of its name
BEFORE = 45  # rules at the start: a few later one opens an archive page
FIRE_SECONDS = 6


class RealWorker:
    """`python -m api pages-worker`, started and waited for."""

    def __init__(self, config: Config, folder: Path) -> None:
        reading, writing = os.pipe()
        self._log = folder / "worker.log"
        with self._log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "api", "pages-worker", "--ready", str(writing)],
                cwd=ROOT,
                env={
                    "PATH": os.environ["PATH"],
                    "CLOUDRON_POSTGRESQL_URL": config.database_url,
                    "BUILD_DIR": str(config.build),
                    "VAR_DIR": str(config.var),
                },
                pass_fds=[writing],
                stderr=log,
            )
        os.close(writing)
        ready = bool(select.select([reading], [], [], 30)[0]) and os.read(reading, 1) == b"!"
        os.close(reading)
        assert ready, self._log.read_text()

    def pid(self, who: str) -> int:
        """Of the `worker` itself, or of its `writer`."""
        if who == "worker":
            return self.process.pid
        [writer] = family(self.process.pid)
        return writer

    def has_died_within(self, seconds: float, who: str, tracer: Strace) -> bool:
        """Whether the one that strace watches was killed; with the writer the worker is killed too, before it can start
        another one."""
        try:
            wait_until(lambda: bool(tracer.killed_at()), seconds)
        except AssertionError:
            return False
        if who == "writer":
            self.process.kill()
        self.process.wait(10)
        return True

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(10)


class Author:
    """Makes one change of each kind, to the rule that the last one made."""

    def __init__(self, stage: Stage) -> None:
        self._author: Browser = stage.signed_in(OLGA)  # an operator: exempt from the limit on publishing
        self._rule: dict[str, str] = {}
        self._count = 0
        self.versions: dict[str, int] = {}  # what was accepted and not taken back

    def do(self, kind: str) -> None:
        self._count += 1
        document = small_document(f"Change {self._count}")
        if kind == "publish":
            answer = self._author.simulate_post("/api/rules", json={"document": document})
        elif kind == "revise":
            body = {"document": document, "reason": f"For the {self._count}th time"}
            answer = self._author.simulate_patch(f"/api/rules/{self._rule['id']}", json=body)
        else:
            send = self._author.simulate_delete if kind == "unpublish" else self._author.simulate_put
            answer = send(f"/api/rules/{self._rule['id']}/publication")
        assert answer.status_code == 200, answer.text
        rule = answer.json["rule"]
        self._rule = rule
        if kind == "unpublish":
            del self.versions[rule["slug"]]
        else:
            self.versions[rule["slug"]] = rule["version"]


@pytest.fixture
def scene(postgres_18: PostgresServer, build: Path, tmp_path: Path) -> Iterator[tuple[Config, Author]]:
    """A library, its author, and no worker yet."""
    config = config_for(postgres_18.new_database(), build, tmp_path)
    parts = open_parts(config)
    author = Author(Stage.of(parts))
    for _ in range(BEFORE):
        author.do("publish")
    yield config, author
    parts.close()


def test_killed_at_each_step(
    scene: tuple[Config, Author], workshop: Path, times: Callable[[int, int], int], *, is_long: bool
) -> None:
    config, author = scene
    calls = EVERY_STEP if is_long else STEPS
    full = FullBuild(config, workshop / "full")
    worker = RealWorker(config, workshop)
    killed: list[str] = []
    missed: list[str] = []
    try:
        points = spread(count_points(config, author, worker, workshop, calls), times(POINTS, 1_000_000))
        with ThreadPoolExecutor(1) as thread:
            for kind, who, call, number in points:
                where, before = f"{call} {number} of {kind} by the {who}", live_tree(config)
                inject = f"inject={call}:signal=KILL:when={number}"
                with strace(worker.pid(who), workshop, call, "-e", inject) as tracer:
                    change = thread.submit(author.do, kind)
                    died = worker.has_died_within(FIRE_SECONDS, who, tracer)
                if died:
                    assert worker.process.returncode == -signal.SIGKILL
                    assert tracer.killed_at().startswith(f"{call}("), tracer.lines()[-3:]
                    killed.append(call)
                    left = served_files(config)
                    worker = RealWorker(config, workshop)
                else:
                    missed.append(where)
                    left = {}
                change.result(10)
                wait_until_settled(config.database_url)
                after = live_tree(config)
                assert difference(after, full.files()) == [], where
                assert torn(left, before, after) == [], where
                assert tombstones(config) == hidden_slugs(config.database_url), where
                assert_published(after, author.versions)
    finally:
        worker.close()
    assert {kind for kind, *_ in points} == set(KINDS)
    assert {who for _, who, *_ in points} == set(CALLERS)
    assert len(points) >= min(times(POINTS, 200), POINTS)
    assert len(missed) <= len(points) // 10, missed  # put-off listings may go with the next change's
    assert killed.count("rename") >= 8
    assert killed.count("sendto") >= 5
    assert killed.count("unlink") >= 2


def count_points(config: Config, author: Author, worker: RealWorker, folder: Path, calls: str) -> list[Point]:
    """Every call of both processes that one change of each kind makes, each time: a round of repairs or a heartbeat
    falls into one count and not into the next."""
    once, again = (count_once(config, author, worker, folder, calls) for _ in range(2))
    return [point for point in once if point in set(again)]


def count_once(config: Config, author: Author, worker: RealWorker, folder: Path, calls: str) -> list[Point]:
    points = []
    wait_until_settled(config.database_url)
    for kind in KINDS:
        with ExitStack() as stack:
            tracers = {who: stack.enter_context(strace(worker.pid(who), folder, calls)) for who in CALLERS}
            author.do(kind)
            wait_until_settled(config.database_url)
            points += [(kind, who, *step) for who, tracer in tracers.items() for step in tracer.numbered()]
    return points


def spread(points: list[Point], most: int) -> list[Point]:
    """At most so many, an equal share of each kind, from its first to its last; kinds follow one another in turn."""
    by_kind = {kind: [point for point in points if point[0] == kind] for kind in KINDS}
    share = most // len(KINDS)
    chosen = {kind: evenly(some, share) for kind, some in by_kind.items()}
    rounds = max(len(some) for some in chosen.values())
    return [(kind, *chosen[kind][n % len(chosen[kind])][1:]) for n in range(rounds) for kind in KINDS]


def evenly(some: list[Point], most: int) -> list[Point]:
    if len(some) <= most:
        return some
    return [some[n * (len(some) - 1) // (most - 1)] for n in range(most)]
