"""`scripts/bench publish`: how long until a published rule can be read, at several sizes of the library."""

import argparse
import http.client
import json
import math
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from api import ROOT
from api.config import read_config
from api.database import connect
from api.launcher.launcher import running_database_url
from tests.bench.library import fill
from tests.support.documents import full_document
from tests.support.running_site import RunningSite

WARM_UP = 20
AUTHOR = "bench@example.org"
REPORT = ROOT / "docs" / "bench.md"


@dataclass(frozen=True)
class Publishing:
    """Milliseconds from the request until the page was read, by HTTP through nginx, each time another rule."""

    rules: int
    p50_ms: float
    p99_ms: float
    pages: float
    pending: int


@dataclass(frozen=True)
class Building:
    """A whole release; `again_seconds` with nothing changed since."""

    rules: int
    seconds: float
    again_seconds: float
    pages: int
    tree_mb: float


def main(arguments: Sequence[str]) -> int:
    options = _parser().parse_args(arguments)
    if shutil.which("nginx", path=os.environ["PATH"] + ":/usr/sbin") is None:
        sys.stderr.write("bench: nginx is not installed; figures without it would mean nothing.\n")
        return 1
    sizes = sorted({int(size) for size in options.rules.split(",")})
    folder = Path(tempfile.mkdtemp(prefix="bench-", dir=options.folder))
    site = RunningSite(folder, {"OPERATOR_EMAILS": AUTHOR})  # operators may publish as often as they like
    try:
        site.start()
        publishing, building = _measure(site, sizes, options.publishes)
    finally:
        site.close()
        shutil.rmtree(folder, ignore_errors=True)
    results = {"publish": [asdict(row) for row in publishing], "build": [asdict(row) for row in building]}
    if not options.no_report:
        REPORT.write_text(_report(publishing, building, options.publishes), encoding="utf-8")
    if options.json:
        print(json.dumps(results))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="scripts/bench publish")
    parser.add_argument("--rules", default="1000,10000", help="sizes of the library, by commas")
    parser.add_argument("--publishes", type=int, default=300, help="how many publishes are timed at each size")
    parser.add_argument(
        "--folder", default=None, help="where the site's folders are made (default: the temporary folder)"
    )
    parser.add_argument("--json", action="store_true", help="print the results as JSON in the last line")
    parser.add_argument("--no-report", action="store_true", help="leave docs/bench.md as it is")
    return parser


def _measure(site: RunningSite, sizes: list[int], publishes: int) -> tuple[list[Publishing], list[Building]]:
    author = site.author(AUTHOR)
    publishing, building = [], []
    database = running_database_url(read_config(site.environment))
    for size in sizes:
        print(f"filling the library up to {size} rules")
        with connect(database) as connection:
            fill(connection, size)
        building.append(_build(site, size))
        print(f"  {building[-1]}")
        times, pending = [], 0
        for number in range(WARM_UP + publishes):
            milliseconds, live = _publish(site, author.cookies, f"Bench {size} {number}")
            if number >= WARM_UP:
                times.append(milliseconds)
                pending += not live
        with connect(database) as connection:
            pages = _pages_per_publish(connection, publishes)
        row = Publishing(size, _percentile(times, 50), _percentile(times, 99), pages, pending)
        publishing.append(row)
        print(f"  {row}")
    return publishing, building


def _build(site: RunningSite, size: int) -> Building:
    first, again = (json.loads(site.command("rebuild", "--json").stdout) for _ in range(2))
    root = (site.build / "current").resolve()
    tree = sum(path.stat().st_size for path in root.rglob("*") if path.is_file())
    return Building(size, first["seconds"], again["seconds"], first["pages"], round(tree / 1e6, 1))


def _publish(site: RunningSite, cookies: dict[str, str], name: str) -> tuple[float, bool]:
    """Publish one full rule, then read its page on a fresh connection until it shows the version's hash."""
    body = json.dumps({"document": full_document(name)}).encode()
    headers = {"Content-Type": "application/json", "Cookie": "; ".join(f"{k}={v}" for k, v in cookies.items())}
    started = time.perf_counter()
    answer = json.loads(_exchange(site.port, "POST", "/api/rules", body, headers))
    rule = answer["rule"]
    while rule["sha256"].encode() not in _exchange(site.port, "GET", f"/rules/{rule['slug']}/"):
        if time.perf_counter() - started > 10:
            raise RuntimeError(f"{name} did not appear")
    return (time.perf_counter() - started) * 1000, answer["state"] == "live"


def _exchange(port: int, method: str, path: str, body: bytes | None = None, headers: Any = None) -> bytes:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=15)
    try:
        connection.request(method, path, body, headers or {})
        return connection.getresponse().read()
    finally:
        connection.close()


def _pages_per_publish(connection: Any, last: int) -> float:
    """Files written per publish. Jobs that ended together share one report."""
    row = connection.execute(
        "SELECT sum(pages) / sum(jobs) FROM (SELECT count(*) AS jobs,"
        " max(jsonb_array_length(report -> 'written')) AS pages FROM (SELECT report, done_at FROM job"
        " WHERE kind = 'page' AND done_at IS NOT NULL ORDER BY id DESC LIMIT %s) AS late GROUP BY done_at) AS batches",
        [last],
    ).fetchone()
    return round(float(row[0]), 2)


def _percentile(values: list[float], percent: int) -> float:
    ordered = sorted(values)
    return round(ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)], 2)


def _report(publishing: list[Publishing], building: list[Building], publishes: int) -> str:
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False
    ).stdout.strip()
    moment = datetime.now(UTC).strftime("%Y-%m-%d")
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    machine = f"{os.cpu_count()} cores, {memory:.0f} GiB, {platform.system()} {platform.release().split('-')[0]}"
    publish_rows = [f"| {r.rules:,} | {r.p50_ms} | {r.p99_ms} | {r.pages} | {r.pending} |" for r in publishing]
    build_rows = [f"| {r.rules:,} | {r.pages:,} | {r.seconds} | {r.again_seconds} | {r.tree_mb} |" for r in building]
    return "\n".join(
        [
            "# Bench",
            "",
            f"Made by `scripts/bench` on {moment} at {commit or 'no commit'}: {machine},",
            f"Python {platform.python_version()}, the embedded PostgreSQL with `fsync` on, nginx.",
            "",
            "## From a publish to a readable page",
            "",
            f"{publishes} publishes of full rules (25 KB and more, eight methods, five values) one after the other, by",
            "HTTP through nginx, each time another rule: the clock starts before the request and stops when a fresh",
            "connection has read the rule's page with the new version's hash. The client, in Python, is part of it.",
            "",
            "| rules in the library | p50 ms | p99 ms | pages written | pending |",
            "|---:|---:|---:|---:|---:|",
            *publish_rows,
            "",
            "Aim: p50 of 10 ms or less at each size, none pending.",
            "",
            "## A whole release",
            "",
            "| rules | pages | seconds | seconds again, nothing changed | MB with twins |",
            "|---:|---:|---:|---:|---:|",
            *build_rows,
            "",
        ]
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
