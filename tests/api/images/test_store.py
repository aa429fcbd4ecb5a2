"""Files of uploads: whole or not there, whatever ends the process; on file systems with nameless files and without."""

import hashlib
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from api import ROOT
from api.errors import Misconfigured
from api.images.store import Store

CONTENT = b"a picture" * 1000
NAME = f"{hashlib.sha256(CONTENT).hexdigest()}.webp"
KEEP = """
from pathlib import Path
from api.images.store import Store
with Store(Path("uploads"), kept_free=0).new_file() as new:
    new.file.write(b"a picture" * 1000)
    new.keep_as(f"{new.sha256()}.webp")
print("kept")
"""


def kept_under(folder: Path, *injections: str) -> tuple[int, str, str]:
    """Keep a file in a process of its own whose system calls fail as told: exit code, output, what strace saw."""
    if shutil.which("strace") is None:
        pytest.skip("strace is not installed")
    trace = folder / "trace"
    calls = "trace=openat,linkat,link,unlinkat,unlink,fsync,write"
    inject = [option for injection in injections for option in ("-e", f"inject={injection}")]
    done = subprocess.run(
        ["strace", "-f", "-o", str(trace), "-e", calls, *inject, sys.executable, "-c", KEEP],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=60,
    )
    return done.returncode, done.stdout, trace.read_text()


def files(folder: Path) -> list[str]:
    return sorted(os.listdir(folder / "uploads"))


def test_it_is_on_disk_before_it_has_a_name_and_its_name_too(tmp_path: Path) -> None:
    code, output, trace = kept_under(tmp_path)
    assert (code, output) == (0, "kept\n")
    assert files(tmp_path) == [NAME]
    calls = [line.split()[1].partition("(")[0] for line in trace.split("O_TMPFILE")[1].splitlines()[1:]]
    assert [call for call in calls if call in ("fsync", "linkat")] == ["fsync", "linkat", "fsync"]


@pytest.mark.parametrize("without", [False, True], ids=["nameless files", "no nameless files"])
def test_killed_before_it_has_its_name_nothing_is_there(tmp_path: Path, without: bool) -> None:
    refuse = [refused_tmpfile(tmp_path)] if without else []
    code, output, trace = kept_under(tmp_path, "linkat:error=EIO:signal=KILL", *refuse)
    assert "+++ killed by SIGKILL +++" in trace
    assert (code, output) == (-9, "")
    left = files(tmp_path)
    assert NAME not in left
    assert all(name.startswith(".") for name in left), left
    assert len(left) == (1 if without else 0)
    old = time.time() - 100
    for name in left:
        os.utime(tmp_path / "uploads" / name, (old, old))
    assert Store(tmp_path / "uploads").names(older_than=50) == left  # so that they are collected


def test_a_file_system_without_nameless_files(tmp_path: Path) -> None:
    code, output, trace = kept_under(tmp_path, refused_tmpfile(tmp_path))
    assert "EOPNOTSUPP (Operation not supported) (INJECTED)" in trace
    assert (code, output) == (0, "kept\n")
    assert files(tmp_path) == [NAME]
    assert (tmp_path / "uploads" / NAME).read_bytes() == CONTENT
    assert (tmp_path / "uploads" / NAME).stat().st_mode & 0o777 == 0o644


def test_any_other_refusal_is_not_taken_for_that(tmp_path: Path) -> None:
    code, _, trace = kept_under(tmp_path, refused_tmpfile(tmp_path).replace("EOPNOTSUPP", "EIO"))
    assert "EIO" in trace
    assert code == 1
    assert files(tmp_path) == []


def refused_tmpfile(folder: Path) -> str:
    """The injection that refuses the call that asks for a nameless file: it is the same one in every run."""
    trial = folder / "trial"
    trial.mkdir()
    _, _, trace = kept_under(trial)
    opened = [line for line in trace.splitlines() if " openat(" in line]
    number = next(n for n, line in enumerate(opened, start=1) if "O_TMPFILE" in line)
    return f"openat:error=EOPNOTSUPP:when={number}"


def test_what_was_not_kept_is_gone(tmp_path: Path) -> None:
    store = Store(tmp_path / "uploads")
    with store.new_file() as new:
        new.file.write(CONTENT)
        assert new.size() == len(CONTENT)
    assert files(tmp_path) == []


def test_a_folder_that_may_not_be_written_to(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="UPLOAD_ROOT"), Store(Path("/proc/self/uploads")).new_file():
        pass


def test_removing_what_is_not_there(tmp_path: Path) -> None:
    Store(tmp_path / "uploads").remove(NAME)


def test_only_what_is_ours_is_listed(tmp_path: Path) -> None:
    (tmp_path / "uploads").mkdir()
    for name in (NAME, NAME.replace("webp", "pdf"), "index.html", f"{NAME}.gz", ".left", "lost+found"):
        (tmp_path / "uploads" / name).write_text("x")
    (tmp_path / "uploads" / f"{'0' * 64}.webp").symlink_to("/etc/passwd")
    assert Store(tmp_path / "uploads").names(older_than=-9) == sorted([NAME, NAME.replace("webp", "pdf"), ".left"])
    assert Store(tmp_path / "uploads").names(older_than=60) == []
    assert Store(None).names(older_than=0) == []
