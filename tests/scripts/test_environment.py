"""`scripts/environment.sh`: what it says when Python is not as it must be."""

import subprocess
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent


def install(folder: Path, python: Path) -> "subprocess.CompletedProcess[str]":
    (folder / "lock.txt").write_text("nothing==1.0\n")
    script = f". {ROOT}/scripts/environment.sh; install_lock lock.txt"
    return subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=folder,
        env={"PATH": "/usr/bin:/bin", "PYTHON": str(python)},
        capture_output=True,
        text=True,
        check=False,
    )


def fake_python(folder: Path, answers: str) -> Path:
    file = folder / "python"
    file.write_text(f'#!/bin/bash\ncase "$*" in {answers} esac\n')
    file.chmod(0o755)
    return file


def test_a_python_without_venv(tmp_path: Path) -> None:
    python = fake_python(tmp_path, "*version_info*) exit 0;; *) exit 1;;")
    result = install(tmp_path, python)
    assert result.returncode == 1
    assert result.stderr.count("\n") == 1
    assert "lacks venv" in result.stderr
    assert "apt-get install" in result.stderr
    assert not (tmp_path / ".venv").exists()


def test_no_python_that_is_new_enough(tmp_path: Path) -> None:
    """None of the names that are tried leads to one: PATH holds only what the script itself needs."""
    needed = tmp_path / "bin"
    needed.mkdir()
    for name in ("bash", "cksum", "grep"):
        (needed / name).symlink_to(f"/usr/bin/{name}")
    (tmp_path / "lock.txt").write_text("nothing==1.0\n")
    result = subprocess.run(
        ["/usr/bin/bash", "-euo", "pipefail", "-c", f". {ROOT}/scripts/environment.sh; install_lock lock.txt"],
        cwd=tmp_path,
        env={"PATH": str(needed), "PYTHON": str(fake_python(tmp_path, "*) exit 1;;"))},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 1
    assert "no Python 3.11 or newer was found" in result.stderr
