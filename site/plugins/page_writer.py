"""A second process that packs and writes pages while the first renders the next ones.

`WriterProcess` is the first one's end. The process itself is this file, run as a script with the root that it writes
into: what arrives is written in the order in which it was sent; what was written is told when asked. A pipe holds a
page or two, so that the first is never far ahead. It ends with whoever started it, even if that one is killed: two must
never write into one tree.
"""

import ctypes
import errno
import json
import os
import signal
import struct
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import IO

HEADER = struct.Struct("<IIQ")  # lengths of the path and of the data; `after` of `page_files.write_file`
ASK = HEADER.pack(0, 0, 0)
PR_SET_PDEATHSIG = 1


class WriterProcess:
    """Writes into `root`; `served_from` is as in `page_files.write_file`, `gentle` is added to the nice value.

    The thread that makes it must outlive it: Linux ends the process with that thread.
    """

    def __init__(self, root: Path, served_from: Path | None, gentle: int = 0) -> None:
        arguments = [str(root), str(served_from or ""), str(gentle), str(os.getpid())]
        self._process = subprocess.Popen(
            [sys.executable, "-S", __file__, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._to: IO[bytes] = self._process.stdin
        self._from: IO[bytes] = self._process.stdout

    @property
    def pid(self) -> int:
        return self._process.pid

    def write(self, path: str, data: bytes, after: int = 0) -> None:
        """Send a page; OSError when the process has gone."""
        name = path.encode()
        self._to.write(HEADER.pack(len(name), len(data), after) + name + data)
        self._to.flush()

    def settle(self) -> list[str]:
        """Wait until all is in place; return the paths whose bytes changed. OSError when one could not be written:
        then none after it was."""
        self._to.write(ASK)
        self._to.flush()
        line = self._from.readline()
        if not line:
            raise BrokenPipeError(errno.EPIPE, "the process that writes pages has ended")
        answer = json.loads(line)
        if answer["error"]:
            raise OSError(*answer["error"])
        written: list[str] = answer["written"]
        return written

    def close(self) -> None:
        """End it; what was not settled may not be written."""
        self._process.kill()
        self._process.wait()
        self._from.close()
        with suppress(BrokenPipeError):  # what was still on its way has nowhere to go
            self._to.close()


def main(root: Path, served_from: Path | None, gentle: int, parent: int) -> None:
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        return  # it was killed before we asked to be told: what it sent must not be written any more
    from page_files import write_file

    for ignored in (signal.SIGINT, signal.SIGTERM):  # sent to the whole group: the worker decides when it is over
        signal.signal(ignored, signal.SIG_IGN)
    os.nice(gentle)
    written, error = list[str](), None
    stream = sys.stdin.buffer
    while header := stream.read(HEADER.size):
        path_size, data_size, after = HEADER.unpack(header)
        if header == ASK:
            sys.stdout.write(json.dumps({"written": written, "error": error}) + "\n")
            sys.stdout.flush()
            written, error = [], None
            continue
        path, data = stream.read(path_size).decode(), stream.read(data_size)
        if error is None:
            try:
                if write_file(root, path, data, served_from, after):
                    written.append(path)
            except OSError as problem:
                error = [problem.errno, problem.strerror, problem.filename]


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]) if sys.argv[2] else None, int(sys.argv[3]), int(sys.argv[4]))
