"""Self-healing: whatever happened to files or rows behind the worker's back, a round puts it right."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from api.config import Config
from api.database import connect
from api.pages.repair import Repair
from api.pages.tree import Tree
from rulepages.listing_pages import listing_pages, listing_paths
from tests.support.cast import ADA, Stage
from tests.support.documents import full_document, small_document
from tests.support.trees import Worker, difference, live_tree, pages_worker


@pytest.fixture
def slugs(stage: Stage) -> list[str]:
    """Two published rules, one of them with two versions."""
    ada = stage.signed_in(ADA)
    rules = [
        ada.simulate_post("/api/rules", json={"document": document}).json["rule"]
        for document in (full_document("One"), small_document("Two"))
    ]
    body = {"document": small_document("Two, again"), "reason": "A new name."}
    assert ada.simulate_patch(f"/api/rules/{rules[1]['id']}", json=body).status_code == 200
    return [rule["slug"] for rule in rules]


def mend(config: Config, worker: Worker) -> Repair:
    round = Repair(worker.renderer)
    with connect(config.database_url) as reader:
        for _ in range(1000):
            if round.step(reader):
                return round
    raise AssertionError("the round never ended")


def damage_page(root: Path, slug: str) -> str:
    file = root / "rules" / slug / "index.html"
    file.write_bytes(file.read_bytes().replace(b"Version", b"Varsion"))
    return f"rules/{slug}/index.html"


def damage_twin(root: Path, slug: str) -> str:
    twin = root / "rules" / slug / "history" / "index.html.gz"
    body = bytearray(twin.read_bytes())
    body[len(body) // 2] ^= 0xFF
    twin.write_bytes(body)
    return f"rules/{slug}/history/index.html"


def lose_page(root: Path, slug: str) -> str:
    (root / "rules" / slug / "v" / "1" / "rule.md").unlink()
    return f"rules/{slug}/v/1/rule.md"


def lose_listing(root: Path, slug: str) -> str:
    (root / "rules/by/kind/mutual-aid/index.html").unlink()
    return "rules/by/kind/mutual-aid/index.html"


def damage_fixed_page(root: Path, slug: str) -> str:
    (root / "about/index.html").write_text("nothing")
    return "about/index.html"


def leave_stray_file(root: Path, slug: str) -> str:
    (root / "rules" / slug / "v" / "1" / "note.txt").write_text("left by somebody")
    return f"rules/{slug}/v/1/note.txt"


def leave_stray_rule(root: Path, slug: str) -> str:
    shutil.copytree(root / "rules" / slug, root / "rules" / "never-published-abc234")
    return "rules/never-published-abc234/"


@pytest.mark.parametrize(
    "harm",
    [damage_page, damage_twin, lose_page, lose_listing, damage_fixed_page, leave_stray_file, leave_stray_rule],
    ids=lambda harm: harm.__name__,
)
def test_what_happened_to_files_is_mended(config: Config, slugs: list[str], harm: Callable[[Path, str], str]) -> None:
    with pages_worker(config) as worker:
        worker.work()
        before = live_tree(config)
        harmed = harm(worker.renderer.root, slugs[0])
        assert difference(before, live_tree(config)) != []  # the fault fired
        assert mend(config, worker).mended == [harmed]
        assert difference(before, live_tree(config)) == []


def test_what_happened_to_rows_is_mended(stage: Stage, config: Config, slugs: list[str]) -> None:
    with pages_worker(config) as worker:
        worker.work()
        with connect(config.database_url) as connection:
            connection.execute("UPDATE person SET display_name = 'Nobody told the worker'")
        assert sorted(mend(config, worker).mended) == sorted(
            f"rules/{slug}/{page}index.html" for slug in slugs for page in ("", "history/")
        )
    assert b"Nobody told the worker" in live_tree(config)[f"rules/{slugs[0]}/index.html"]


def test_a_round_over_a_whole_tree_renders_nothing(config: Config, slugs: list[str]) -> None:
    with pages_worker(config) as worker:
        worker.work()
        rendered = worker.renderer.rendered
        round = mend(config, worker)
        assert (round.mended, worker.renderer.rendered) == ([], rendered)
        files = [path for path in live_tree(config) if not path.endswith(".gz")]
        assert round.checked == len(files)


def test_while_changes_wait_nothing_is_looked_at(stage: Stage, config: Config, slugs: list[str]) -> None:
    with pages_worker(config) as worker, connect(config.database_url) as reader:
        worker.work()
        stage.signed_in(ADA).simulate_post("/api/rules", json={"document": small_document("Three")})
        round = Repair(worker.renderer)
        assert [round.step(reader) for _ in range(50)] == [False] * 50
        assert round.checked == 0
        worker.work()
        assert mend(config, worker).mended == []


def test_listing_paths_are_those_of_the_listing_pages(config: Config, slugs: list[str]) -> None:
    from api.pages.source import SnapshotSource

    with pages_worker(config) as worker, connect(config.database_url) as connection:
        worker.work()
        site = worker.renderer.site
        with SnapshotSource(connection) as source:
            made = [page.path for page in listing_pages(site, source)]
            named = list(listing_paths(site, source.highest_places()))
    assert sorted(made) == sorted(named)
    assert len(made) > 100


def test_the_tree_that_is_mended_is_the_live_one(config: Config, slugs: list[str]) -> None:
    with pages_worker(config) as worker:
        assert worker.renderer.release == Tree(config.build).current_id()
