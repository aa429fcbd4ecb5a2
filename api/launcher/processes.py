"""Child processes that cannot outlive the launcher."""

import ctypes
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None, use_errno=True)


@dataclass(slots=True)
class Process:
    """What runs under one name: how to start it, and how it goes. `stop_signal` is also what it gets when we die."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    stop_signal: int = signal.SIGTERM
    options: Mapping[str, Any] = field(default_factory=dict)
    pid: int | None = None
    restarts: list[float] = field(default_factory=list)
    start_at: float | None = None  # a moment of the monotonic clock, while it waits for its next start

    def start(self) -> None:
        """Start it in a session of its own, so that the terminal's Ctrl-C reaches the launcher alone."""
        child = subprocess.Popen(
            self.command,
            env=dict(self.environment),
            start_new_session=True,
            preexec_fn=_die_with_parent(self.stop_signal),  # noqa: PLW1509 - the launcher has one thread
            stdin=subprocess.DEVNULL,
            **self.options,
        )
        child.returncode = 0  # the launcher reaps every child itself; keep Popen from waiting for this one
        self.pid, self.start_at = child.pid, None

    def signal(self, number: int) -> None:
        if self.pid is not None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def sweep(self) -> None:
        """It has ended: end what it left in its group, such as nginx's own workers, which outlive a killed master."""
        self.kill_group()
        self.pid = None

    def kill_group(self) -> None:
        """It, and what it started in its group."""
        if self.pid is not None:
            with suppress(ProcessLookupError):
                os.killpg(self.pid, signal.SIGKILL)


def _die_with_parent(number: int) -> Callable[[], None]:
    parent = os.getpid()

    def prepare() -> None:
        LIBC.prctl(PR_SET_PDEATHSIG, number, 0, 0, 0)
        if os.getppid() != parent:  # it died before we could ask
            os._exit(1)

    return prepare


def reap() -> dict[int, int]:
    """Every child that has ended, ours or adopted as PID 1: its exit code by its id, negative for a signal."""
    ended: dict[int, int] = {}
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return ended
        if pid == 0:
            return ended
        ended[pid] = os.waitstatus_to_exitcode(status)


class RestartPolicy:
    """Restart with growing patience; too many restarts in a minute are a failure that the platform must see."""

    def __init__(self, *, limit: int = 5, seconds: float = 60.0) -> None:
        self._limit, self._seconds = limit, seconds

    def plan(self, process: Process) -> bool:
        """Decide when the process starts again; False when it has failed for good."""
        now = time.monotonic()
        process.restarts = [moment for moment in process.restarts if now - moment < self._seconds]
        if len(process.restarts) >= self._limit:
            return False
        process.start_at = now + min(5.0, 0.1 * 2 ** len(process.restarts))
        process.restarts.append(now)
        return True
