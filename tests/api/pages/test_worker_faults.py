"""What goes wrong beside the pages worker, and heals."""

import errno
import os
import signal
from pathlib import Path

import pytest

from api.config import Config
from api.pages.tombstones import Tombstones
from api.pages.tree import ReleaseInfo, Tree
from page_writer import WriterProcess
from rulepages import rule_pages
from tests.support.cast import ADA, Stage
from tests.support.documents import small_document
from tests.support.trees import live_tree, pages_worker


def test_a_tombstone_that_no_row_wants_is_lifted(stage: Stage, config: Config) -> None:
    """The API was killed after it had laid it and before its commit."""
    ada = stage.signed_in(ADA)
    rule = ada.simulate_post("/api/rules", json={"document": small_document()}).json["rule"]
    with pages_worker(config) as worker:
        worker.work()
    Tombstones(config.build).lay(rule["slug"])
    with pages_worker(config):
        assert not Tombstones(config.build).stands(rule["slug"])
    Tombstones(config.build).lay(rule["slug"])
    assert ada.simulate_put(f"/api/rules/{rule['id']}/publication").status_code == 200
    with pages_worker(config) as worker:
        worker.work()
    assert not Tombstones(config.build).stands(rule["slug"])
    assert stage.rows("SELECT highest, listed FROM listing") == [(1, 1)]


def test_trouble_with_the_disk_parks_nothing(stage: Stage, config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that is really full is in `tests/faults`; here it stays so for longer than anybody would wait."""
    ada = stage.signed_in(ADA)
    rule = ada.simulate_post("/api/rules", json={"document": small_document()}).json["rule"]
    fired = []

    def full(*_: object) -> None:
        fired.append(1)
        raise OSError(errno.ENOSPC, "No space left on device")

    with pages_worker(config) as worker:
        worker.work()
        body = {"document": small_document("New"), "reason": "x"}
        assert ada.simulate_patch(f"/api/rules/{rule['id']}", json=body).status_code == 200
        with monkeypatch.context() as patch:
            patch.setattr(WriterProcess, "settle", full)
            for _ in range(12):
                stage.rows("UPDATE job SET run_at = now() RETURNING 1")
                worker.work()
        assert len(fired) >= 12
        assert stage.rows("SELECT count(*) FROM job WHERE dead_at IS NOT NULL") == [(0,)]
        stage.rows("UPDATE job SET run_at = now() RETURNING 1")
        worker.work()
    assert b">New<" in live_tree(config)[f"rules/{rule['slug']}/index.html"]
    assert stage.rows("SELECT count(*) FROM job WHERE kind = 'page' AND done_at IS NULL") == [(0,)]


def test_a_writing_process_that_is_killed_is_replaced_at_once(stage: Stage, config: Config) -> None:
    ada = stage.signed_in(ADA)
    with pages_worker(config) as worker:
        worker.work()
        slug = ada.simulate_post("/api/rules", json={"document": small_document()}).json["rule"]["slug"]
        os.kill(worker.renderer.start_writing().pid, signal.SIGKILL)
        worker.work()
        assert f"rules/{slug}/index.html" in live_tree(config)
        assert stage.rows("SELECT attempts, error FROM job WHERE kind = 'page' AND done_at IS NOT NULL") == [(0, "")]


def test_a_rule_that_cannot_be_rendered_blocks_nobody(
    stage: Stage, config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = stage.signed_in(ADA)
    odd, other = (
        ada.simulate_post("/api/rules", json={"document": small_document(name)}).json["rule"]
        for name in ("Odd", "Other")
    )
    with pages_worker(config) as worker:
        worker.work()
    before = live_tree(config)
    make = rule_pages.rule_text

    def broken(catalogue: object, document: dict[str, dict[str, str]]) -> object:
        if document["community"]["name"].startswith("Odd"):
            raise KeyError("odd")
        return make(catalogue, document)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(rule_pages, "rule_text", broken)
        (config.build / "current").unlink()  # so that a whole release is made
        tree = Tree(config.build)
        old = tree.release_ids()[-1]
        os.symlink(Path("releases") / old, config.build / "current")
        info = tree.info(old)
        assert info is not None
        tree.note(ReleaseInfo(old, "other inputs", info.boot_id, info.pages, info.seconds))
        with pages_worker(config) as worker:
            ada.simulate_patch(f"/api/rules/{other['id']}", json={"document": small_document("Newer"), "reason": "x"})
            worker.work()
        after = live_tree(config)
        assert tree.current_id() != old
    assert after[f"rules/{odd['slug']}/index.html"] == before[f"rules/{odd['slug']}/index.html"]
    assert b">Newer<" in after[f"rules/{other['slug']}/index.html"]


def test_a_switch_that_fails_leaves_the_live_release(config: Config, stage: Stage) -> None:
    with pages_worker(config) as worker:
        worker.work()
    tree = Tree(config.build)
    live = tree.current_id()
    assert live is not None
    tree.delete(live)
    assert tree.current_id() == live
    assert tree.folder(live).exists()


def test_a_stop_before_the_tree_was_trusted_leaves_no_mark(config: Config) -> None:
    import signal

    from api.workers.pages_worker import PagesWorker

    kept = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT, signal.SIGUSR2)}
    wakeup = signal.set_wakeup_fd(-1)
    worker = PagesWorker(config, ready=lambda: None, launcher=None)
    worker.prepare()
    worker._on_stop()
    worker.close()
    signal.set_wakeup_fd(wakeup)
    for number, handler in kept.items():
        signal.signal(number, handler)
    assert not (config.build / ".stopped").exists()
