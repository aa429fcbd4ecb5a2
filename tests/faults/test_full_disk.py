"""BUILD_DIR on a full file system: what is accepted waits, nothing is torn, and it arrives when there is room."""

import gzip
import os
import shutil
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from api import ROOT
from api.database import connect
from api.pages.manifest import Manifest
from tests.support.authors import Authors
from tests.support.documents import small_document
from tests.support.faults import mounted
from tests.support.full_build import (
    HEAL_SECONDS,
    assert_exact,
    assert_published,
    config_of,
    served_files,
    wait_until_settled,
)
from tests.support.readers import Readers, path_of
from tests.support.running_site import RunningSite, wait_until

MEGABYTES = 24
BLOCK = 4096  # what tmpfs hands out


@pytest.fixture
def small_site(fresh_site: RunningSite) -> Iterator[RunningSite]:
    """Its BUILD_DIR is a file system of its own, with little room."""
    assets = fresh_site.build / "assets"
    kept = fresh_site.folder / "assets"
    assets.rename(kept)
    with mounted("tmpfs", fresh_site.build, "-t", "tmpfs", "-o", f"size={MEGABYTES}m"):
        shutil.copytree(kept, assets)
        yield fresh_site
        if fresh_site.process is not None:
            fresh_site.stop()


@contextmanager
def filled(folder: Path) -> Iterator[None]:
    """No byte is free in the file system inside the block."""
    filler = folder / "filler"
    fill(filler)
    try:
        with pytest.raises(OSError, match="No space left"):
            (folder / "probe").write_bytes(b"one page")
        (folder / "probe").unlink()
        yield
        assert os.statvfs(folder).f_bavail == 0
    finally:
        filler.unlink()


def fill(filler: Path) -> None:
    """Write until nothing fits any more."""
    with filler.open("wb", buffering=0) as file:
        for size in (1 << 20, BLOCK, 1):
            with suppress(OSError):
                while True:
                    file.write(b"\0" * size)


def reasons(site: RunningSite) -> list[str]:
    """Why page jobs that wait could not be done."""
    with connect(config_of(site).database_url) as connection:
        return [error for (error,) in connection.execute("SELECT error FROM job WHERE kind = 'page' AND attempts > 0")]


@pytest.mark.parametrize("inputs", ["the same inputs", "other inputs"])
def test_a_full_disk(small_site: RunningSite, workshop: Path, inputs: str) -> None:
    """The worker is killed in the middle of it: with other inputs, the one that follows has a release to build."""
    seed_data = workshop / "seed_data"
    shutil.copytree(ROOT / "seed_data", seed_data)
    small_site.environment["SEED_DATA_DIR"] = str(seed_data)
    small_site.start()
    ada = small_site.author("ada@example.org")
    before = small_site.publish(ada, small_document("Before"))
    readers = Readers(small_site.origin, "/", "/rules/", "/feed.xml", path_of(before))
    with readers, Authors(small_site, 2, readers=readers, pause=0.1) as authors:
        authors.wait_for_more(10)
        with filled(small_site.build):
            wait_until(lambda: any("No space left" in reason for reason in reasons(small_site)))
            authors.wait_for_more(4)
            body = {"document": small_document("Afterw"), "reason": "The disk is full"}
            answer = ada.send("PATCH", f"/api/rules/{before['id']}", body)
            assert (answer.status, answer.json["state"]) == (200, "pending")
            assert small_site.read(path_of(before)).status == 200
            if inputs == "other inputs":
                values = seed_data / "values.toml"
                values.write_text(f"{values.read_text()}\n# Another input.\n")
            worker = small_site.processes()["pages"]
            os.kill(worker, signal.SIGKILL)  # what starts now finds no room either
            wait_until(lambda: small_site.processes().get("pages", worker) != worker)
            authors.wait_for_more(4)
            if inputs == "other inputs":
                wait_until(lambda: "pages cannot be written" in small_site.output())
            assert_whole(served_files(config_of(small_site)))
        authors.stop()
        accepted = {**authors.accepted, before["slug"]: 2}
        wait_until_settled(config_of(small_site).database_url)
        wait_until(lambda: b"Afterw" in small_site.read(path_of(before)).body, HEAL_SECONDS)
    assert authors.faults == []
    assert set(authors.states) <= {"live", "pending"}
    assert authors.states["pending"] >= 8
    readers.assert_content()
    readers.assert_never_away()
    assert "stopping everything" not in small_site.output()
    assert_published(assert_exact(small_site, workshop / "pelican"), accepted)


def assert_whole(files: dict[str, bytes]) -> None:
    for path, data in files.items():
        text = gzip.decompress(data) if path.endswith(".gz") else data
        if path.removesuffix(".gz").endswith(".html"):
            assert text.rstrip().endswith(b"</html>"), path


def test_a_manifest_on_a_full_disk(tmp_path: Path) -> None:
    """Half of the line that it appends fits; once there is room, no line is lost."""
    with mounted("tmpfs", tmp_path / "disk", "-t", "tmpfs", "-o", "size=256k") as disk:
        file = disk / "manifest"
        manifest = Manifest(file)
        manifest.wrote("", b"bytes", "fingerprint")
        manifest.flush()
        manifest.wrote("x" * (BLOCK - 50 - 2 * file.stat().st_size), b"bytes", "fingerprint")
        manifest.flush()
        assert file.stat().st_size == BLOCK - 50
        manifest.wrote("rules/index.html", b"bytes", "fingerprint")
        fill(disk / "filler")
        with pytest.raises(OSError, match="No space left"):
            manifest.flush()
        assert file.stat().st_size == BLOCK
        (disk / "filler").unlink()
        manifest.flush()
        assert Manifest(file).entries == manifest.entries
        assert len(manifest.entries) == 3
