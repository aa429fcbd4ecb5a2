"""`scripts/bench publish`: publishing, building and reading at several sizes of the library."""

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from api import ROOT
from api.config import read_config
from api.database import connect
from api.launcher.launcher import running_database_url
from api.pages.tree import Tree
from tests.bench.figures import Building, Cost, Publishing, Reading, Together, curves, percentile, setting, table
from tests.bench.http import document_for, publish
from tests.bench.library import LISTINGS, fill, slug
from tests.support.client import Client
from tests.support.documents import small_document
from tests.support.running_site import RunningSite, wait_until

WARM_UP = 20
BUILD_PATIENCE = 3600.0
AUTHORS = [f"bench-{number}@example.org" for number in range(10)]
REPORT, PICTURE = ROOT / "docs" / "bench.md", ROOT / "docs" / "bench.svg"


@dataclass
class Found:
    publish: list[Publishing] = field(default_factory=list)
    build: list[Building] = field(default_factory=list)
    together: list[Together] = field(default_factory=list)
    reads: list[Reading] = field(default_factory=list)
    cost: list[Cost] = field(default_factory=list)


def main(arguments: Sequence[str]) -> int:
    options = _parser().parse_args(arguments)
    if shutil.which("nginx", path=os.environ["PATH"] + ":/usr/sbin") is None:
        sys.stderr.write("bench: nginx is not installed; figures without it would mean nothing.\n")
        return 1
    sizes = sorted({int(size) for size in options.rules.split(",")})
    folder = Path(tempfile.mkdtemp(prefix="bench-", dir=options.folder))
    # Operators are exempt from the limits on publishing, which are not what is measured.
    site = RunningSite(folder, {"OPERATOR_EMAILS": ",".join(AUTHORS)})
    found = Found()
    try:
        site.start()
        authors = [site.author(email) for email in AUTHORS]
        for size in sizes:
            _measure(site, authors, size, options.publishes, found)
        where = setting(folder)
    finally:
        site.close()
        shutil.rmtree(folder, ignore_errors=True)
    if not options.no_report:
        REPORT.write_text(_report(found, where, options.publishes), encoding="utf-8")
        PICTURE.write_text(curves(found.publish), encoding="utf-8")
    if options.json:
        print(json.dumps(asdict(found)))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="scripts/bench publish")
    parser.add_argument("--rules", default="100,1000,10000", help="sizes of the library, by commas")
    parser.add_argument("--publishes", type=int, default=300, help="how many publishes are timed at each size")
    parser.add_argument(
        "--folder", default=None, help="where the site's folders are made (default: the temporary folder)"
    )
    parser.add_argument("--json", action="store_true", help="print the results as JSON in the last line")
    parser.add_argument("--no-report", action="store_true", help="leave docs/bench.md as it is")
    return parser


def _measure(site: RunningSite, authors: list[Client], size: int, publishes: int, found: Found) -> None:
    print(f"filling the library up to {size} rules", flush=True)
    with connect(running_database_url(read_config(site.environment))) as connection:
        fill(connection, size)
    seconds = _build_from_nothing(site)
    with _readers(site, size, "a rebuild", found):
        found.build.append(_build_again(site, size, seconds))
    _say(found.build[-1])
    with connect(running_database_url(read_config(site.environment))) as connection:
        found.publish.append(_alone(site, authors[0], size, publishes, connection))
        _say(found.publish[-1])
        found.cost.append(_cost(site, authors[0], size, connection))
        _say(found.cost[-1])
        with _readers(site, size, "ten authors’ publishes", found):
            found.together.append(_together(site, authors, size, publishes))
        _say(found.together[-1])
        for row in found.reads[-2:]:
            _say(row)
        _wait_for_jobs(connection)


def _say(row: object) -> None:
    print(f"  {row}", flush=True)


def _build_from_nothing(site: RunningSite) -> float:
    """Stop the site, delete its pages, start it again: how long the release took, in seconds."""
    site.stop()
    started = site.output().count("listening on port")
    tree = Tree(site.build)
    tree.current.unlink()
    shutil.rmtree(tree.releases)
    site.launch()
    wait_until(lambda: tree.current_id() is not None, BUILD_PATIENCE)
    info = tree.info(tree.current_id() or "")
    assert info is not None
    wait_until(lambda: site.output().count("listening on port") > started)
    return info.seconds


def _build_again(site: RunningSite, size: int, first: float) -> Building:
    again = json.loads(site.command("rebuild", "--json", patience=BUILD_PATIENCE).stdout)
    root = (site.build / "current").resolve()
    files = [path.stat().st_size for path in root.rglob("*") if path.is_file()]
    memory = _memory_mib(site.processes()["pages"])
    seconds = (round(first, 1), round(again["seconds"], 1))
    return Building(size, *seconds, again["pages"], len(files), round(sum(files) / 1e6, 1), memory)


def _alone(site: RunningSite, author: Client, size: int, publishes: int, connection: Any) -> Publishing:
    done = [publish(site.port, author, document_for(f"Bench {size} {n}")) for n in range(WARM_UP + publishes)][WARM_UP:]
    _wait_for_jobs(connection)
    times = [one.milliseconds for one in done]
    answers = percentile([one.answered for one in done], 50)
    pending = sum(not one.live for one in done)
    return Publishing(size, percentile(times, 50), percentile(times, 99), answers, pending)


def _cost(site: RunningSite, author: Client, size: int, connection: Any) -> Cost:
    """From a rule in the library only, and one in all listings."""
    pages = []
    for document in (small_document(f"Small {size}"), document_for(f"Full {size}")):
        publish(site.port, author, document)
        _wait_for_jobs(connection)
        pages.append(_last_pages(connection))
    b = (pages[1] - pages[0]) / (len(LISTINGS) - 1)
    return Cost(size, round(pages[0] - b, 1), round(b, 1))


def _together(site: RunningSite, authors: list[Client], size: int, publishes: int) -> Together:
    each = max(1, publishes // 3)
    started = time.perf_counter()

    def work(number: int) -> list[Any]:
        documents = (document_for(f"Author {number} {size} {n}") for n in range(each))
        return [publish(site.port, authors[number], document, read=False) for document in documents]

    with ThreadPoolExecutor(len(authors)) as threads:
        done = [one for some in threads.map(work, range(len(authors))) for one in some]
    seconds = time.perf_counter() - started
    times = [one.answered for one in done]
    pending = sum(not one.live for one in done)
    return Together(size, round(len(done) / seconds, 1), percentile(times, 50), percentile(times, 99), pending)


@contextmanager
def _readers(site: RunningSite, size: int, during: str, found: Found) -> Iterator[None]:
    """Static reads by a process of its own while something else goes on."""
    paths = ["/", "/rules/", "/rules/page/1/", "/methods/decisions/lazy-consensus/", "/about/"]
    if found.build:  # the first build makes these
        paths += [f"/rules/{slug(1)}/", f"/rules/{slug(5)}/history/"]
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.bench.reads", str(site.port), *paths],
        cwd=ROOT,
        stdout=subprocess.PIPE,
    )
    try:
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        output, _ = process.communicate(timeout=30)
    found.reads.append(Reading(size, during, **json.loads(output)))


def _wait_for_jobs(connection: Any) -> None:
    deadline = time.monotonic() + 60
    while connection.execute("SELECT count(*) FROM job WHERE kind = 'page' AND done_at IS NULL").fetchone()[0]:
        if time.monotonic() > deadline:
            raise RuntimeError("page jobs are not done after a minute")
        time.sleep(0.05)


def _last_pages(connection: Any) -> int:
    """Files that the last job wrote. Called when that job had its batch for itself."""
    row = connection.execute(
        "SELECT jsonb_array_length(report -> 'written') FROM job WHERE kind = 'page' ORDER BY id DESC LIMIT 1"
    ).fetchone()
    return int(row[0])


def _memory_mib(pid: int) -> float:
    """The most that a process has held."""
    status = Path(f"/proc/{pid}/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("VmHWM"))
    return round(int(line.split()[1]) / 1024, 1)


def _report(found: Found, where: str, publishes: int) -> str:
    publishing = [(r.rules, r.p50_ms, r.p99_ms, r.answer_p50_ms, r.pending) for r in found.publish]
    costs = [(r.rules, r.a, r.b) for r in found.cost]
    together = [(r.rules, r.per_second, r.p50_ms, r.p99_ms, r.pending) for r in found.together]
    building = [
        (
            r.rules,
            r.pages,
            r.files,
            r.seconds,
            r.again_seconds,
            f"{r.again_seconds / r.seconds:.0%}",
            r.tree_mb,
            r.worker_mib,
        )
        for r in found.build
    ]
    reads = [(r.rules, r.during, r.reads, r.failed, r.p50_ms, r.p99_ms) for r in found.reads]
    return "\n".join(
        [
            "# Bench",
            "",
            where,
            "",
            "The library holds full rules of 28 KB: eight methods, five values, every facet, a template; one in five",
            f"has three versions. Each is in {len(LISTINGS)} listings.",
            "",
            "## From a publish until every page shows it",
            "",
            f"{publishes} publishes one after the other, by HTTP through nginx, each time another rule. The clock",
            "starts before the request and stops when fresh connections have read the new version's hash on the rule's",
            "page, on `/rules/` and on `/`. The client, in Python, is part of it.",
            "",
            *table(["rules", "p50 ms", "p99 ms", "answer p50 ms", "pending"], publishing),
            "",
            "Aim: p50 of 10 ms or less, p99 of 60 ms or less, none pending, the same at every size.",
            "`docs/decisions/0010-where-a-publish-spends-its-time.md` has the breakdown.",
            "",
            "![p50 and p99 by the size of the library](bench.svg)",
            "",
            "Pages touched are a + b x (listings that the rule is in), at any size:",
            "",
            *table(["rules", "a", "b"], costs),
            "",
            "## Ten authors at once",
            "",
            *table(["rules", "publishes a second", "p50 ms", "p99 ms", "pending"], together),
            "",
            "Aim: 100 a second, p99 of 500 ms or less.",
            "",
            "## A whole release",
            "",
            *table(
                ["rules", "pages", "files", "seconds", "again, nothing changed", "", "MB", "worker's MiB at most"],
                building,
            ),
            "",
            "Aim: 5 s, 60 s and 500 s for 1,000, 10,000 and 100,000 rules, a fifth of that with nothing changed;",
            "150 MiB.",
            "",
            "## Reading meanwhile",
            "",
            *table(["rules", "during", "reads", "failed", "p50 ms", "p99 ms"], reads),
            "",
            "Aim: none failed, p99 of 5 ms or less.",
            "",
        ]
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
