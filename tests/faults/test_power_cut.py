"""A power cut (long form): what was on the disk at one moment, started from on another boot of the machine.

The site lives on an ext4 file system in an image. While authors publish, all its processes are stopped, so that nothing
moves, and the image is copied under the mounted file system: what the kernel had not written yet is lost. The copy is
mounted at the same place, its journal is replayed, and the site starts with another boot id.
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from api import ROOT
from api.config import read_config
from tests.support.authors import Authors
from tests.support.faults import family, mounted, state_of
from tests.support.full_build import HEAL_SECONDS, assert_exact, assert_published, served_files, version_on
from tests.support.running_site import RunningSite, wait_until
from tests.support.trees import difference

MEGABYTES = 768
BOOT_ID = "/proc/sys/kernel/random/boot_id"


class RebootedSite(RunningSite):
    """Its processes see another boot id: a file is mounted over the kernel's, for them alone."""

    boot_id: Path | None = None

    def launch(self) -> None:
        if self.boot_id is None:
            super().launch()
            return
        script = f'mount --bind "$0" {BOOT_ID} && exec "$@"'
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                ["unshare", "-m", "sh", "-c", script, str(self.boot_id), sys.executable, "-m", "api", "serve"],
                cwd=ROOT,
                env=self.environment,
                stdout=log,
                stderr=log,
            )


@pytest.fixture
def reachable() -> Iterator[Path]:
    """A folder that the database's account can reach, so that its data lies on the image too."""
    folder = Path(tempfile.mkdtemp(prefix="power-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def test_a_power_cut(
    reachable: Path, assets: Path, workshop: Path, times: Callable[[int, int], int], *, is_long: bool
) -> None:
    if not is_long:
        pytest.skip("a power cut is in the long form only")
    image, disk = reachable / "image", reachable / "disk"
    make_file_system(image)
    site = RebootedSite(disk)
    accepted: dict[str, int] = {}
    for cut in range(times(1, 5)):
        with mounted(str(image), disk, "-o", "loop"):
            begin(site, assets)
            assert_all_there(site, workshop / f"pelican-{cut}", accepted)
            accepted.update(cut_power(site, image))
        site.boot_id = reachable / "boot-id"
        site.boot_id.write_text(f"00000000-0000-4000-8000-{cut:012d}\n")
    with mounted(str(image), disk, "-o", "loop"):
        begin(site, assets)
        assert_all_there(site, workshop / "pelican", accepted)
        assert len(accepted) > times(1, 5) * 10
        site.stop()


def begin(site: RebootedSite, assets: Path) -> None:
    site.folder.chmod(0o755)
    if not site.build.exists():
        shutil.copytree(assets, site.build / "assets")
    site.log.unlink(missing_ok=True)
    site.start()
    assert not (site.var / "postgres").is_symlink(), "the database is not on the image"


def cut_power(site: RebootedSite, image: Path) -> dict[str, int]:
    """Let authors publish, stop the world, and put what the image holds then in its place; what was accepted."""
    config, after = read_config(site.environment), image.with_name("after")
    subprocess.run(["sync", "--file-system", str(site.folder)], check=True)
    with Authors(site, 3, pause=0.01) as authors:
        authors.wait_for_more(50)
        frozen = freeze(site)
        subprocess.run(["cp", "--sparse=always", str(image), str(after)], check=True)
        assert all(state_of(pid) == "T" for pid in frozen)
        accepted, before = dict(authors.accepted), served_files(config)
        for pid in frozen:
            os.kill(pid, signal.SIGKILL)
        assert site.process is not None
        site.process.wait(10)
        wait_until(lambda: not any(state_of(pid) for pid in frozen))  # reaped too, as after a new boot
    assert authors.faults == []
    with mounted(str(after), image.with_name("look"), "-o", "loop") as look:
        left = served_files(replace(config, build=look / "build"))
        assert difference(left, before), "everything had been written by then"
    after.replace(image)
    return accepted


def assert_all_there(site: RebootedSite, folder: Path, accepted: dict[str, int]) -> None:
    wait_until(lambda: all_there(site, accepted), HEAL_SECONDS)
    assert_published(assert_exact(site, folder), accepted)


def make_file_system(image: Path) -> None:
    with image.open("wb") as file:
        file.truncate(MEGABYTES * 1024 * 1024)
    subprocess.run(["mkfs.ext4", "-q", str(image)], check=True)


def freeze(site: RunningSite) -> list[int]:
    """Stop every process of a running copy, parents first, so that nobody starts another."""
    assert site.process is not None
    pids = [site.process.pid]
    os.kill(pids[0], signal.SIGSTOP)
    pids += family(pids[0])
    for pid in pids[1:]:
        os.kill(pid, signal.SIGSTOP)
    wait_until(lambda: all(state_of(pid) == "T" for pid in pids))
    return pids


def all_there(site: RunningSite, accepted: dict[str, int]) -> bool:
    return all(version_on(site.read(f"/rules/{slug}/").body) >= number for slug, number in accepted.items())
