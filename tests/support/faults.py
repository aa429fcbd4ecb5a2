"""Faults in real processes: killed at one system call, held up before it, stopped. Each can tell that it happened."""

import os
import shutil
import signal
import subprocess
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from tests.support.running_site import wait_until


class Strace:
    """strace on a process that runs: it watches some system calls of its main thread, and may inject a fault."""

    def __init__(self, pid: int, folder: Path, calls: str, *options: str) -> None:
        if shutil.which("strace") is None:
            pytest.skip("strace is not installed")
        self._log, self._words = folder / f"strace-{pid}.log", folder / f"strace-{pid}.err"
        self._log.unlink(missing_ok=True)
        with self._words.open("wb") as words:
            self._process = subprocess.Popen(
                ["strace", "-p", str(pid), "-o", str(self._log), "-e", f"trace={calls}", *options], stderr=words
            )
        wait_until(lambda: "attached" in self._words.read_text() or self._process.poll() is not None)
        if self._process.poll() is not None and "not permitted" in self._words.read_text():
            pytest.skip("strace may not attach to a process here")
        assert "attached" in self._words.read_text(), self._words.read_text()

    def lines(self) -> list[str]:
        return self._log.read_text(errors="replace").splitlines() if self._log.exists() else []

    def numbered(self) -> list[tuple[str, int]]:
        """The calls that were made so far, in their order, each with its number among those of its name."""
        counts, found = Counter[str](), []
        for line in self.lines():
            call, bracket, _ = line.partition("(")
            if bracket and call.isidentifier():
                counts[call] += 1
                found.append((call, counts[call]))
        return found

    def killed_at(self) -> str:
        """The call on whose entry the process was killed; empty when it was not."""
        lines = self.lines()
        return lines[-2] if len(lines) > 1 and lines[-1] == "+++ killed by SIGKILL +++" else ""

    def delayed(self) -> bool:
        return any(line.endswith("(DELAYED)") for line in self.lines())

    def close(self) -> None:
        """Let go of the process, which goes on."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
        self._process.wait(10)


@contextmanager
def strace(pid: int, folder: Path, calls: str, *options: str) -> Iterator[Strace]:
    """Attached inside the block."""
    watcher = Strace(pid, folder, calls, *options)
    try:
        yield watcher
    finally:
        watcher.close()


@contextmanager
def stopped(pid: int) -> Iterator[None]:
    """A process that does nothing inside the block (SIGSTOP); it is checked at both ends."""
    os.kill(pid, signal.SIGSTOP)
    try:
        wait_until(lambda: state_of(pid) == "T")
        yield
        assert state_of(pid) == "T", "somebody let it go on"
    finally:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)


def state_of(pid: int) -> str:
    """The letter that the kernel gives a process's state; empty when it has gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return ""


def family(pid: int) -> list[int]:
    """A process's descendants."""
    found = subprocess.run(["pgrep", "-P", str(pid)], capture_output=True, text=True, check=False).stdout.split()
    return [one for child in map(int, found) for one in (child, *family(child))]


@contextmanager
def mounted(device: str, folder: Path, *options: str) -> Iterator[Path]:
    """A file system mounted on a folder inside the block; skips where that is not permitted."""
    folder.mkdir(parents=True, exist_ok=True)
    result = subprocess.run(["mount", *options, device, str(folder)], capture_output=True, text=True, check=False)
    if result.returncode != 0:
        pytest.skip(f"mounting is not permitted here: {result.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)
