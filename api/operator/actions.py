"""What operators do, from the command line or signed in with an address of `OPERATOR_EMAILS`."""

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from api.config import Config
from api.database import Database, Transaction
from api.errors import CannotStart, Forbidden
from api.jobs import queries as jobs
from api.pages.queries import find_change
from api.pages.tree import Tree
from api.people import Person
from rulepages.affected import affected

POLL_SECONDS = 0.2
BUILD_SECONDS = 10  # after its last sign of progress a build is over


@dataclass(frozen=True, slots=True)
class Status:
    """How things stand. `problems` are sentences, empty when all is well."""

    jobs: dict[str, int]
    dead: list[dict[str, Any]]
    workers: dict[str, dict[str, Any]]
    releases: list[dict[str, Any]]
    current: str | None
    check: dict[str, Any] | None
    build: dict[str, Any] | None
    processes: dict[str, Any] | None
    problems: list[str]


def ask_for_rebuild(*, database: Database, config: Config, by: Person) -> int:
    """Queue a whole release; return its job's id. Forbidden for everybody but operators."""
    if by.email not in config.operator_emails:
        raise Forbidden("Only operators may rebuild the site.")
    with database.transaction() as connection:
        return jobs.add_job(connection, "release", payload={"by": by.email})


def rebuild(*, connection: Transaction, say: Callable[[str], None]) -> dict[str, Any]:
    """Queue a whole release and wait until readers see it; return its report. CannotStart when it cannot be made."""
    if not jobs.pages_worker_beats(connection):
        raise CannotStart("no pages worker is running here: start scripts/serve, then rebuild.")
    job_id = jobs.add_job(connection, "release", payload={"by": "command line"})
    say("asked the pages worker for a new release")
    while True:
        state = jobs.job_state(connection, job_id)
        report, error = jobs.job_report(connection, job_id)
        if state.done:
            return report or {}
        if state.dead:
            raise CannotStart(f"the release could not be made, the live one stays: {error}")
        time.sleep(POLL_SECONDS)


def explain(*, connection: Transaction, rule: str) -> list[tuple[str, str]]:
    """The pages that a change to a rule (slug or id) touches, each with the reason. CannotStart without such a rule."""
    change = find_change(connection, rule)
    if change is None:
        raise CannotStart(f"there is no rule {rule!r}: give its id or the last part of its address.")
    found = affected(change)
    return [*found.live.items(), *found.later.items()]


def retry_job(*, connection: Transaction, job_id: int) -> None:
    """Give a parked job its tries back."""
    if not jobs.revive(connection, job_id):
        raise CannotStart(f"there is no parked job {job_id}; python -m api jobs lists them.")


def read_status(*, connection: Transaction, config: Config, processes: dict[str, Any] | None) -> Status:
    """Jobs, heartbeats, releases, the last check of the tree, a build at work.

    `processes` is what the launcher says of its children.
    """
    tree = Tree(config.build)
    beats = {worker.name: worker for worker in jobs.workers(connection)}
    check, build = beats.pop("check", None), beats.pop("build", None)
    dead = [{**asdict(job), "dead_at": job.dead_at.isoformat()} for job in jobs.dead_jobs(connection)]
    releases = [asdict(info) for id in tree.release_ids() if (info := tree.info(id))]
    status = Status(
        jobs=jobs.open_counts(connection),
        dead=dead,
        workers={name: {"seconds": round(w.seconds, 1), **w.details} for name, w in beats.items()},
        releases=releases,
        current=tree.current_id(),
        check={**check.details, "seconds": round(check.seconds)} if check else None,
        build=build.details if build and build.seconds < BUILD_SECONDS else None,
        processes=processes,
        problems=[],
    )
    status.problems.extend(_problems(status))
    return status


def _problems(status: Status) -> list[str]:
    found = []
    for name in ("pages", "errands"):
        worker = status.workers.get(name)
        if worker is None or worker["seconds"] > jobs.STALE_HEARTBEAT_SECONDS:
            found.append(f"the {name} worker gives no sign of life")
    if status.current is None:
        found.append("there is no release that readers could see")
    if status.dead:
        found.append(f"{len(status.dead)} jobs are parked after too many failures")
    if status.check and status.check.get("drift"):
        found.append("the last check found pages that are not what the rows say; run: python -m api rebuild")
    for name, process in (status.processes or {}).items():
        if process["state"] != "running":
            found.append(f"the {name} process is {process['state']}")
    return found
