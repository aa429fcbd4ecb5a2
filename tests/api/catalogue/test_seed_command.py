"""`python -m api seed` beside a running copy: nobody who reads or asks notices, and a broken file changes nothing."""

import json
import shutil
from collections import Counter

from api import ROOT
from tests.support.meanwhile import meanwhile
from tests.support.running_site import RunningSite, wait_until

SIGNAL = "/api/create-flow/methods?section=communication&facet.types=mutual-aid"
PATHS = [
    SIGNAL,
    "/api/templates?facet.size=six-to-twelve",
    "/api/templates/solidarity-network",
    "/methods/communication/signal/",
]
NEW_TITLE = "Signal, in groups"


def test_seeding_while_the_site_serves(fresh_site: RunningSite) -> None:
    files = fresh_site.folder / "words"
    shutil.copytree(ROOT / "seed_data", files)
    fresh_site.environment["SEED_DATA_DIR"] = str(files)
    fresh_site.start()
    assert "catalogue: 172 added, 0 changed, 0 removed, 0 left as they were" in fresh_site.output()
    release = status(fresh_site)["current"]

    again = fresh_site.command("seed")
    assert again.returncode == 0, again.stderr
    assert [line.split(", ")[:3] for line in again.stdout.splitlines()] == [
        [f"{unit}: 0 added", "0 changed", "0 removed"]
        for unit in ("facets", "values", "communication", "membership", "decisions", "conflict", "templates")
    ]
    assert status(fresh_site)["jobs"].get("release") is None

    method = files / "methods" / "communication" / "signal.md"
    words = method.read_text()
    method.write_text(words.replace('title = "Signal"', f'title = "{NEW_TITLE}"', 1))
    statuses: Counter[int] = Counter()
    bodies: dict[str, set[str]] = {path: set() for path in PATHS}

    def read() -> None:
        for path in PATHS:
            answer = fresh_site.read(path)
            statuses[answer.status] += 1
            bodies[path].add(answer.text)

    with meanwhile(read, threads=2):
        wait_until(lambda: all(bodies.values()))
        seeded = fresh_site.command("seed")
        assert seeded.returncode == 0, seeded.stderr
        wait_until(lambda: NEW_TITLE in fresh_site.read(PATHS[3]).text, 30)
    assert "communication: 0 added, 1 changed, 0 removed, 11 left as they were\n  changed: signal\n" in seeded.stdout
    assert (
        "templates: 0 added, 1 changed, 0 removed, 12 left as they were\n  changed: solidarity-network" in seeded.stdout
    )
    assert set(statuses) == {200}
    assert [len(seen) for seen in bodies.values()] == [2, 2, 2, 2]  # the old one and the new one
    assert status(fresh_site)["current"] != release

    before = [fresh_site.read(path).text for path in PATHS]
    method.write_text(words.replace("order = 2\n", "order = two\n", 1))
    (files / "templates" / "petition.md").unlink()
    broken = fresh_site.command("seed")
    assert (broken.returncode, broken.stdout) == (1, "")
    assert broken.stderr == f"communityrule: {method}:4: Invalid value\n"
    assert [fresh_site.read(path).text for path in PATHS] == before
    assert status(fresh_site)["jobs"].get("release") is None


def status(site: RunningSite) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = json.loads(site.command("status", "--json").stdout)
    return found
