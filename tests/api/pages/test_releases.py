"""A release beside the live one: what stayed the same is linked and not rendered, what is damaged is made again."""

from dataclasses import replace
from pathlib import Path

import pytest

from api.config import Config
from api.database import connect
from api.pages import releases
from api.pages.manifest import files_of
from api.pages.releases import NoSpace, ReleaseBuild
from api.pages.tree import Tree
from tests.support.cast import ADA, Stage
from tests.support.documents import small_document
from tests.support.trees import difference, live_tree, pages_worker


@pytest.fixture
def live(stage: Stage, config: Config) -> dict[str, bytes]:
    """The tree of two rules."""
    ada = stage.signed_in(ADA)
    for name in ("One", "Two"):
        assert ada.simulate_post("/api/rules", json={"document": small_document(name)}).status_code == 200
    with pages_worker(config) as worker:
        worker.work()
    return live_tree(config)


def rebuild(config: Config) -> ReleaseBuild:
    """A whole release, switched to."""
    build = ReleaseBuild(config, Tree(config.build), lambda progress: None)
    with connect(config.database_url) as connection:
        build.build(connection)
    build.switch()
    return build


def live_root(config: Config) -> Path:
    return (config.build / "current").resolve()


def test_with_nothing_changed_nothing_is_rendered(config: Config, live: dict[str, bytes]) -> None:
    before = {path: (live_root(config) / path).stat().st_ino for path in live}
    build = rebuild(config)
    assert build.renderer.rendered == 0
    assert difference(live, live_tree(config)) == []
    assert {path: (live_root(config) / path).stat().st_ino for path in live} == before


def test_a_changed_row_renders_its_pages_only(config: Config, live: dict[str, bytes]) -> None:
    with connect(config.database_url) as connection:
        connection.execute("UPDATE person SET display_name = 'Ada'")
    build = rebuild(config)
    assert build.renderer.rendered == 4  # two rules, two histories
    assert len([path for path in difference(live, live_tree(config)) if not path.endswith(".gz")]) == 4


@pytest.mark.parametrize("twin", ["", ".gz"])
def test_damage_is_not_carried_into_the_next_release(config: Config, live: dict[str, bytes], twin: str) -> None:
    path = next(path for path in live if path.startswith("rules/one-") and path.count("/") == 2 and "html" in path)
    file = live_root(config) / f"{path.removesuffix('.gz')}{twin}"
    body = bytearray(file.read_bytes())
    body[len(body) // 2] ^= 0xFF
    file.write_bytes(body)
    assert difference(live, live_tree(config)) != []
    assert rebuild(config).renderer.rendered == 1
    assert difference(live, live_tree(config)) == []


def test_a_damaged_manifest_costs_a_rendering_and_no_more(config: Config, live: dict[str, bytes]) -> None:
    current = Tree(config.build).current_id()
    assert current
    for file in files_of(Tree(config.build).manifest_file(current)):
        file.write_bytes(b"noise" * 1000)
    build = rebuild(config)
    assert build.renderer.rendered > 100
    assert difference(live, live_tree(config)) == []


def test_other_inputs_need_room_for_a_whole_release(
    config: Config, live: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(releases, "SPARE_BYTES", 1 << 60)
    rebuild(config)  # the same inputs: links take no room
    build = ReleaseBuild(config, Tree(config.build), lambda progress: None)
    build.renderer.site = replace(build.renderer.site, digest="other")
    with connect(config.database_url) as connection, pytest.raises(NoSpace, match="are free"):
        build.build(connection)
    build.abandon()
    assert difference(live, live_tree(config)) == []
