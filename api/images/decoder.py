"""Runs `reencode` for one picture after the other, each in a process of its own with little memory and time."""

import logging
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from api.errors import Invalid, TryLater
from rulepages.uploads import LONGEST_SIDE

PROGRAM = Path(__file__).with_name("reencode.py")
MEMORY = 512 * 1024 * 1024
PROCESSOR_SECONDS = 6
CLOCK_SECONDS = 15  # a machine that is busy gives less than all of its time
TURN_SECONDS = 4

PICTURES = "a JPEG, PNG, WebP or GIF"
REFUSALS = {
    "no-picture": "is not a picture that we can read: send {wanted}",
    "broken": "is damaged or was cut off on its way: open it on your device, save it anew and try again",
    "too-many-pixels": "has more than 40 million pixels: make it smaller and try again",
    "out-of-memory": "takes too much memory to open: make it smaller and try again",
}
TOO_LONG = "takes too long to open: make it smaller and try again"

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Size:
    width: int
    height: int


class Decoder:
    """One picture at a time, because one may take hundreds of megabytes. At most `places` requests wait for a turn."""

    def __init__(
        self,
        *,
        places: int,
        memory: int = MEMORY,
        processor_seconds: int = PROCESSOR_SECONDS,
        turn_seconds: float = TURN_SECONDS,
    ) -> None:
        self._limits = [str(memory), str(processor_seconds)]
        self._turn_seconds = turn_seconds
        self._places, self._turn = threading.BoundedSemaphore(places), threading.Lock()

    def reencode(
        self, upload: IO[bytes], made: IO[bytes], *, longest_side: int = LONGEST_SIDE, wanted: str = PICTURES
    ) -> Size:
        """Write the upload's picture anew into `made`, at most so large. Raise Invalid when it has none that we can
        take, which says what is wanted, and TryLater when too many others wait."""
        upload.flush()
        os.lseek(upload.fileno(), 0, os.SEEK_SET)  # the process reads from where the file stands, not from our buffer
        with self._one_at_a_time():
            match self._run(upload, made, longest_side).split():
                case ["made", width, height]:
                    return Size(int(width), int(height))
                case ["refused", why]:
                    raise refused(REFUSALS[why].format(wanted=wanted))
        raise refused(TOO_LONG)

    @contextmanager
    def _one_at_a_time(self) -> Iterator[None]:
        if not self._places.acquire(blocking=False):
            raise _busy()
        try:
            if not self._turn.acquire(timeout=self._turn_seconds):
                raise _busy()
            try:
                yield
            finally:
                self._turn.release()
        finally:
            self._places.release()

    def _run(self, upload: IO[bytes], made: IO[bytes], longest_side: int) -> str:
        """What it said; nothing when it was ended, by its own limits or by our clock."""
        command = [sys.executable, "-I", str(PROGRAM), *self._limits, str(longest_side)]
        try:
            done = subprocess.run(
                command,
                stdin=upload,
                stdout=made,
                stderr=subprocess.PIPE,
                env={},
                cwd="/",
                timeout=CLOCK_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            log.warning("the decoder did not end in time")
            return ""
        said = done.stderr.decode(errors="replace")
        if done.returncode:
            log.warning("the decoder ended with %d: %s", done.returncode, said.strip()[-500:])
            return ""
        return said


def refused(words: str) -> Invalid:
    """A file that is not taken, and why."""
    return Invalid(f"The file {words}.", {"fieldErrors": {"file": [words]}, "formErrors": []})


def _busy() -> TryLater:
    return TryLater("Other pictures are being looked at right now. Please try again in a moment.", seconds=5)
