"""The command line: `python -m api VERB`. Each verb is one function here; the work is elsewhere."""

import argparse
import json
import logging
import os
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from api.catalogue.actions import SeedReport, seed_catalogue
from api.config import Config, inherited_environment, read_config
from api.database import Error as DatabaseError
from api.database import connect, migrate
from api.errors import CannotStart
from api.jobs.queries import dead_jobs
from api.launcher.launcher import Launcher, running_database_url, running_processes, say
from api.operator import actions as operator
from rulepages.catalogue import load_catalogue
from rulepages.headers import BadFile

API_SECONDS = 30  # how long a client may be silent
API_HEADER_BYTES = 16 * 1024
API_BODY_BYTES = 12 * 1024 * 1024  # an upload; every other route takes less, and so does the web server for them
SEED_KINDS = {"added": "added", "changed": "changed", "removed": "removed", "left": "left as they were"}


def main(arguments: list[str]) -> int:
    options = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s", stream=sys.stderr)
    logging.getLogger("fontTools").setLevel(logging.WARNING)  # it tells of every table of every font
    try:
        config = read_config()
        code: int = options.run(config, options)
    except (CannotStart, BadFile) as problem:
        sys.stderr.write(f"communityrule: {problem}\n")
        return 1
    except DatabaseError as error:
        sys.stderr.write(f"communityrule: the database cannot be used: {_first_line(error)}\n")
        return 1
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m api", description="CommunityRule's commands.")
    verbs = parser.add_subparsers(required=True, metavar="VERB")

    def verb(name: str, run: Callable[[Config, Any], int], words: str) -> argparse.ArgumentParser:
        added = verbs.add_parser(name, help=words, description=words)
        added.set_defaults(run=run)
        return added

    verb("serve", serve, "Start everything and keep it running.")
    verb("migrate", run_migrations, "Bring the database's schema up to date.")
    verb("seed", seed, "Copy the catalogue's files into the database.")
    rebuild_verb = verb("rebuild", rebuild, "Make a whole release beside the live one and switch to it.")
    rebuild_verb.add_argument("--check", action="store_true", help="only compare the live release with the rows")
    rebuild_verb.add_argument("--json", action="store_true", help="print the report as JSON")
    status_verb = verb("status", status, "Show jobs, workers, releases and drift.")
    status_verb.add_argument("--json", action="store_true", help="print it as JSON")
    explain_verb = verb("explain", explain, "Show which pages a change to a rule touches, and why.")
    explain_verb.add_argument("rule", help="its id, or the last part of its address")
    jobs_verb = verb("jobs", show_jobs, "List parked jobs with their reasons, or try one again.")
    jobs_verb.add_argument("retry", nargs="?", choices=["retry"])
    jobs_verb.add_argument("id", nargs="?", type=int)
    export_verb = verb("export", export, "Write all published rules as NDJSON, for the stock pelican command.")
    export_verb.add_argument("file", type=Path)

    api_verb = verb("serve-api", serve_api, "The API alone (the launcher runs this).")
    api_verb.add_argument("--socket", type=Path, required=True)
    pages_verb = verb("pages-worker", pages_worker, "The pages worker alone (the launcher runs this).")
    pages_verb.add_argument("--ready", type=int, help="file descriptor that is told when readers can be served")
    pages_verb.add_argument("--successor", action="store_true", help="build a release, then take over")
    pages_verb.add_argument("--launcher", type=int, help="process that starts a successor on SIGUSR1")
    verb("errands-worker", errands_worker, "The errands worker alone (the launcher runs this).")
    web_verb = verb("development-server", development_server, "Serve the site without nginx (the launcher runs this).")
    web_verb.add_argument("--socket", type=Path, required=True)
    return parser


# -- for people -------------------------------------------------------------------------------------------------------


def serve(config: Config, options: Any) -> int:
    return Launcher(config, inherited_environment(), _seed_at_start).run()


def run_migrations(config: Config, options: Any) -> int:
    count = migrate(running_database_url(config), say)
    say(f"the schema is up to date; {count} migrations were new")
    return 0


def seed(config: Config, options: Any) -> int:
    for report in _seed(replace(config, database_url=running_database_url(config))):
        say(_seed_text(report))
    return 0


def rebuild(config: Config, options: Any) -> int:
    with connect(running_database_url(config)) as connection:
        if options.check:
            return _check(config, connection, as_json=options.json)
        report = operator.rebuild(connection=connection, say=(lambda line: None) if options.json else say)
    if options.json:
        say(json.dumps(report))
    else:
        say(f"release {report['release']} is live: {report['pages']} pages in {report['seconds']:.1f} s")
    return 0


def status(config: Config, options: Any) -> int:
    """Exit code 0 when all is well."""
    with connect(running_database_url(config)) as connection:
        found = operator.read_status(connection=connection, config=config, processes=running_processes(config))
    say(json.dumps(asdict(found)) if options.json else _status_text(found))
    return 1 if found.problems else 0


def explain(config: Config, options: Any) -> int:
    with connect(running_database_url(config)) as connection:
        for path, why in operator.explain(connection=connection, rule=options.rule):
            say(f"{path}: {why}")
    return 0


def show_jobs(config: Config, options: Any) -> int:
    """Exit code 1 when some are parked."""
    with connect(running_database_url(config)) as connection:
        if options.retry:
            operator.retry_job(connection=connection, job_id=options.id or 0)
            say(f"job {options.id} is tried again")
            return 0
        dead = dead_jobs(connection)
    for job in dead:
        say(f"job {job.id} ({job.kind}) is parked since {job.dead_at:%Y-%m-%d %H:%M}: {job.error}")
    say(f"{len(dead)} jobs are parked" if dead else "no job is parked")
    return 1 if dead else 0


def export(config: Config, options: Any) -> int:
    from api.pages.source import SnapshotSource
    from rulepages.export import write_export

    with connect(running_database_url(config)) as connection, SnapshotSource(connection) as source:
        count = write_export(options.file, source, source.highest_places())
    say(f"wrote {count} rules to {options.file}")
    return 0


# -- for the launcher -------------------------------------------------------------------------------------------------


def serve_api(config: Config, options: Any) -> int:
    import waitress

    from api.app import THREADS, create_app, open_parts

    signal.signal(signal.SIGTERM, _finish_requests)
    options.socket.unlink(missing_ok=True)
    waitress.serve(
        create_app(open_parts(config)),
        unix_socket=str(options.socket),
        threads=THREADS,
        ident=None,
        channel_timeout=API_SECONDS,
        max_request_header_size=API_HEADER_BYTES,
        max_request_body_size=API_BODY_BYTES,
        # The peer of a unix socket is the web server before us. It says who the client is, in a header of its own
        # making; everything else that a client may claim about itself is taken off.
        trusted_proxy="localhost",
        trusted_proxy_count=1,
        trusted_proxy_headers={"x-forwarded-for"},
        clear_untrusted_proxy_headers=True,
        _quiet=True,
    )
    return 0


def pages_worker(config: Config, options: Any) -> int:
    from api.workers.pages_worker import run_pages_worker

    def ready() -> None:
        if options.ready is not None:
            with suppress(OSError):  # told before, or nobody waits any more
                os.write(options.ready, b"!")
                os.close(options.ready)

    return run_pages_worker(config, ready=ready, successor=options.successor, launcher=options.launcher)


def errands_worker(config: Config, options: Any) -> int:
    from api.workers.errands_worker import run_errands_worker

    return run_errands_worker(config)


def development_server(config: Config, options: Any) -> int:
    from api.launcher.development_server import run_development_server

    return run_development_server(config, options.socket)


# -- small parts ------------------------------------------------------------------------------------------------------


def _seed(config: Config) -> list[SeedReport]:
    """All files are read, and found to be right, before the first row is touched."""
    catalogue = load_catalogue(config.seed_data)
    with connect(config.database_url) as connection:
        return seed_catalogue(connection=connection, catalogue=catalogue)


def _seed_at_start(config: Config) -> None:
    """Told in a line: at a first start everything is new."""
    reports = _seed(config)
    counts = [f"{sum(len(getattr(report, kind)) for report in reports)} {words}" for kind, words in SEED_KINDS.items()]
    say(f"catalogue: {', '.join(counts)}")


def _seed_text(report: SeedReport) -> str:
    """How many of each kind, then the ids of all that is not as it was."""
    ids = {words: getattr(report, kind) for kind, words in SEED_KINDS.items()}
    lines = [f"{report.unit}: {', '.join(f'{len(found)} {words}' for words, found in ids.items())}"]
    lines += [f"  {words}: {', '.join(found)}" for words, found in ids.items() if found and found is not report.left]
    return "\n".join(lines)


def _check(config: Config, connection: Any, *, as_json: bool) -> int:
    from api.jobs.queries import beat
    from api.pages.check import check_tree
    from api.pages.tree import Tree

    drift = check_tree(config, Tree(config.build), connection)
    if drift is None:
        raise CannotStart("there is no release to check: run python -m api rebuild.")
    beat(connection, "check", {"release": drift.release, "pages": drift.checked, "drift": drift.found})
    if as_json:
        say(json.dumps(drift.to_json()))
    else:
        for kind in ("outdated", "damaged", "missing", "unexpected"):
            for path in getattr(drift, kind):
                say(f"{kind}: {path}")
        say(f"{drift.checked} pages checked: {'they are not what the rows say' if drift.found else 'all are right'}")
    return 1 if drift.found else 0


def _status_text(found: operator.Status) -> str:
    lines = [f"release: {found.current or 'none'} (kept: {', '.join(r['id'] for r in found.releases) or 'none'})"]
    lines += [f"{name} worker: last sign of life {w['seconds']:.1f} s ago" for name, w in found.workers.items()]
    lines += [f"jobs waiting: {', '.join(f'{count} {kind}' for kind, count in found.jobs.items()) or 'none'}"]
    lines += [f"job {job['id']} ({job['kind']}) is parked since {job['dead_at']}: {job['error']}" for job in found.dead]
    if found.build:
        lines.append("building pages: {pages} of {of}, {seconds_left} s left".format(**found.build))
    if found.check:
        mended = found.check.get("mended")
        verdict = "drift found" if found.check["drift"] else "no drift"
        verdict = f"mended {len(mended)} files, such as {mended[0]}" if mended else verdict
        lines.append(f"last check: {found.check['seconds']} s ago, {found.check['pages']} pages, {verdict}")
    else:
        lines.append("last check: never since the database was started (run: python -m api rebuild --check)")
    for name, process in (found.processes or {}).items():
        lines.append(
            f"{name}: {process['state']}, pid {process['pid']}, {process['restarts']} restarts in the last minute"
        )
    lines += [f"PROBLEM: {problem}" for problem in found.problems] or ["all is well"]
    return "\n".join(lines)


def _finish_requests(*_: Any) -> None:
    """waitress stops taking requests and finishes those that it has."""
    raise SystemExit(0)


def _first_line(error: Exception) -> str:
    return str(error).strip().split("\n")[0]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
