"""Reads static pages over a connection kept alive until it is told to stop: `python -m tests.bench.reads PORT PATH …`.

A process of its own, so that the publishing client's Python does not slow it. Prints one line of JSON at SIGTERM.
"""

import http.client
import json
import signal
import sys
import time
from itertools import cycle

from tests.bench.figures import percentile


def main(port: int, paths: list[str]) -> None:
    going = True

    def stop(*_: object) -> None:
        nonlocal going
        going = False

    signal.signal(signal.SIGTERM, stop)
    times, failed = list[float](), 0
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    for path in cycle(paths):
        if not going:
            break
        started = time.perf_counter()
        try:
            connection.request("GET", path, headers={"Accept-Encoding": "gzip"})
            response = connection.getresponse()
            body = response.read()
            failed += response.status != 200 or not body
        except (OSError, http.client.HTTPException):
            failed += 1
            connection.close()
        times.append((time.perf_counter() - started) * 1000)
        time.sleep(0.002)  # a few hundred a second: a busy site, and processors left for those who publish
    print(
        json.dumps(
            {"reads": len(times), "failed": failed, "p50_ms": percentile(times, 50), "p99_ms": percentile(times, 99)}
        )
    )


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
