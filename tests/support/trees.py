"""Trees of pages: the live one, and two ways to make the same one from nothing."""

import os
import select
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from api import ROOT
from api.config import Config
from api.database import connect
from api.pages.renderer import Renderer
from api.pages.source import SnapshotSource
from api.pages.tree import COMPLETE, Tree
from api.workers.pages_worker import PagesWorker
from rulepages.export import write_export

STRANGE = {
    "PYTHONHASHSEED": "7",
    "TZ": "Pacific/Auckland",
    "LANG": "tr_TR.UTF-8",
    "LC_ALL": "C",
    "PYTHONPATH": str(ROOT),
}


@contextmanager
def pages_worker(config: Config) -> Iterator["Worker"]:
    """A pages worker in this process that works when it is told to."""
    handlers = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT, signal.SIGUSR2)}
    wakeup = signal.set_wakeup_fd(-1)
    with connect(config.database_url) as connection, connect(config.database_url) as reader:
        worker = PagesWorker(config, ready=lambda: None, launcher=None)
        worker.prepare()
        worker.open(connection, reader)

        def work() -> None:
            while worker.publish_batch(connection, reader):
                pass

        try:
            yield Worker(work, worker)
        finally:
            worker.close()
            signal.set_wakeup_fd(wakeup)
            for number, handler in handlers.items():
                signal.signal(number, handler)


class Worker:
    """`work()` writes the pages of everything that waits, with `renderer`."""

    def __init__(self, work: Callable[[], None], worker: PagesWorker) -> None:
        self.work = work
        self._worker = worker

    @property
    def renderer(self) -> Renderer:
        found = self._worker._renderer
        assert found is not None
        return found


def live_tree(config: Config) -> dict[str, bytes]:
    """Paths and bytes of the release that readers see."""
    current = Tree(config.build).current_id()
    assert current is not None
    return files_of(Tree(config.build).folder(current))


def files_of(root: Path) -> dict[str, bytes]:
    found = {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}
    found.pop(COMPLETE, None)
    return found


def built_by_a_fresh_worker(config: Config, database_url: str, build: Path) -> dict[str, bytes]:
    """A full build in an empty BUILD_DIR: another process, hash seed, time zone, language, folder, 400 days later."""
    reading, writing = os.pipe()
    environment = {
        **STRANGE,
        "PATH": os.environ["PATH"],
        "CLOUDRON_POSTGRESQL_URL": database_url,
        "BUILD_DIR": str(build),
        "CLOUDRON_APP_ORIGIN": config.origin,
        # The `faketime` command would stand between us and the worker's signals.
        "LD_PRELOAD": str(_libfaketime()),
        "FAKETIME": "+400d",
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "api", "pages-worker", "--ready", str(writing)],
        cwd="/",
        env=environment,
        pass_fds=[writing],
        stderr=subprocess.PIPE,
    )
    os.close(writing)
    ready = bool(select.select([reading], [], [], 60)[0]) and os.read(reading, 1) == b"!"
    os.close(reading)
    process.send_signal(signal.SIGTERM)
    _, errors = process.communicate(timeout=30)
    assert ready, errors.decode()
    current = Tree(build).current_id()
    assert current is not None
    assert current[:8] > "20271231" or current[:4] > "2026", f"the clock was not moved: {current}"
    return files_of(Tree(build).folder(current))


def _libfaketime() -> Path:
    found = next(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"), None)
    if found is None:
        pytest.skip("faketime is not installed")
    return found


def built_by_stock_pelican(config: Config, folder: Path) -> dict[str, bytes]:
    """The site as anybody's `pelican` makes it from an export of rows."""
    folder.mkdir(parents=True)
    with connect(config.database_url) as connection, SnapshotSource(connection) as source:
        write_export(folder / "rules.ndjson", source, source.highest_places())
    result = subprocess.run(
        [
            *(sys.executable, "-m", "pelican", "-s", str(ROOT / "site" / "pelicanconf.py")),
            *("-o", str(folder / "output"), "--fatal", "warnings"),
        ],
        cwd=folder,
        env={
            "PATH": os.environ["PATH"],
            "ORIGIN": config.origin,
            "RULES_EXPORT": str(folder / "rules.ndjson"),
            "ASSETS_DIR": str(config.build / "assets"),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    return files_of(folder / "output")


def difference(one: dict[str, bytes], other: dict[str, bytes]) -> list[str]:
    """Paths that are not the same in both."""
    return sorted(path for path in one.keys() | other.keys() if one.get(path) != other.get(path))
