"""The comparison of `tests/api/pages/test_tree_equals_full_build.py` can fail: three faults in the product turn it red.

Each history is done twice, by the product as it is and by a mutant of it.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from api.app import open_parts
from api.config import Config
from api.database import connect
from api.pages import check, manifest, publishing, renderer
from api.pages.check import Drift, check_tree
from api.pages.renderer import Renderer
from api.pages.tree import Tree
from rulepages.affected import Affected, Change, affected
from rulepages.pages import Page
from tests.conftest import config_for
from tests.support.cast import ADA, Stage
from tests.support.documents import small_document
from tests.support.full_build import FullBuild
from tests.support.postgres import PostgresServer
from tests.support.trees import difference, live_tree, pages_worker

Mutate = Callable[[pytest.MonkeyPatch], None]


def a_stale_live_page(patch: pytest.MonkeyPatch) -> None:
    """`/` is rendered once and never again."""
    whole = Renderer.write

    def write(self: Renderer, page: Page) -> bool:
        if page.path == "index.html" and (self.root / page.path).exists():
            return False
        return whole(self, page)

    patch.setattr(Renderer, "write", write)


def a_forgotten_affected_page(path_of: Callable[[Change], str]) -> Mutate:
    """One path is missing from what a change touches."""

    def without(paths: Mapping[str, str], path: str) -> dict[str, str]:
        return {one: why for one, why in paths.items() if one != path}

    def mutate(patch: pytest.MonkeyPatch) -> None:
        def fewer(change: Change) -> Affected:
            whole, path = affected(change), path_of(change)
            return Affected(without(whole.live, path), without(whole.later, path))

        patch.setattr(publishing, "affected", fewer)

    return mutate


MUTANTS: dict[str, tuple[Mutate, str]] = {
    "a stale live page": (a_stale_live_page, "index.html"),
    "a forgotten listing": (a_forgotten_affected_page(lambda change: "rules/index.html"), "rules/index.html"),
    "a forgotten sitemap": (a_forgotten_affected_page(lambda change: "sitemap-1.xml"), "sitemap-1.xml"),
    "a forgotten history": (
        a_forgotten_affected_page(lambda change: f"rules/{change.slug}/history/index.html"),
        "/history/index.html",
    ),
}


class Scene:
    """A database, its author and its tree; `differences()` is the property's comparison."""

    def __init__(self, config: Config, folder: Path) -> None:
        self.config = config
        self._parts = open_parts(config)
        self._ada = Stage.of(self._parts).signed_in(ADA)
        self.full = FullBuild(config, folder / "full")

    def history(self, after_each: Callable[[], object] = lambda: None) -> None:
        """One change of each kind, each worked on alone."""
        with pages_worker(self.config) as worker:

            def work() -> None:
                worker.work()
                after_each()

            first, second = (self._send("post", "/api/rules", name) for name in ("First", "Second"))
            work()
            self._send("patch", f"/api/rules/{first}", "Revised")
            work()
            assert self._ada.simulate_delete(f"/api/rules/{second}/publication").status_code == 200
            work()
            assert self._ada.simulate_put(f"/api/rules/{second}/publication").status_code == 200
            work()
            self._send("post", "/api/rules", "Third")
            work()

    def differences(self) -> list[str]:
        return [path for path in difference(live_tree(self.config), self.full.files()) if not path.endswith(".gz")]

    def close(self) -> None:
        self._parts.close()

    def _send(self, method: str, path: str, name: str) -> str:
        body: dict[str, Any] = {"document": small_document(name)}
        if method == "patch":
            body["reason"] = "Because"
        answer = getattr(self._ada, f"simulate_{method}")(path, json=body)
        assert answer.status_code == 200, answer.text
        id: str = answer.json["rule"]["id"]
        return id


@pytest.fixture
def scene(postgres_18: PostgresServer, build: Path, tmp_path: Path) -> Iterator[Scene]:
    scene = Scene(config_for(postgres_18.new_database(), build, tmp_path), tmp_path)
    yield scene
    scene.close()


def test_the_product_itself_is_green(scene: Scene) -> None:
    scene.history()
    assert scene.differences() == []


@pytest.mark.parametrize("name", MUTANTS)
def test_a_mutant_is_red(scene: Scene, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    mutate, path = MUTANTS[name]
    with monkeypatch.context() as patch:
        mutate(patch)
        scene.history()
    found = scene.differences()
    assert found
    assert all(one.endswith(path) for one in found), found


# -- fingerprints -----------------------------------------------------------------------------------------------------


def ambiguous(scene: Scene, fingerprint: Callable[[Page, str], str]) -> set[str]:
    """Paths where, in the course of a history, one fingerprint stood for two pages."""
    known: dict[str, bytes] = {}
    found: set[str] = set()

    def look() -> None:
        files = scene.full.files()
        for page in scene.full.pages:
            mark = fingerprint(page, scene.full.digest)
            if known.setdefault(mark, files[page.path]) != files[page.path]:
                found.add(page.path)

    scene.history(look)
    assert len(known) > len(scene.full.pages)
    return found


def without_rows(page: Page, site_digest: str) -> str:
    return manifest.fingerprint(replace(page, key=""), site_digest)


def without_the_library(page: Page, site_digest: str) -> str:
    """The library's page forgets that it shows rules; everything else is right."""
    return manifest.fingerprint(replace(page, key="") if page.path == "rules/index.html" else page, site_digest)


def test_a_fingerprint_stands_for_one_page(scene: Scene) -> None:
    assert ambiguous(scene, manifest.fingerprint) == set()


def test_a_fingerprint_that_misses_an_input_is_red(scene: Scene) -> None:
    assert ambiguous(scene, without_the_library) == {"rules/index.html"}


def test_what_a_check_cannot_see_the_comparison_does(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """`rebuild --check` is as good as the fingerprints: one that misses its rows hides a stale page from it."""
    with monkeypatch.context() as patch:
        patch.setattr(renderer, "fingerprint", without_rows)
        patch.setattr(check, "fingerprint", without_rows)
        a_stale_live_page(patch)
        scene.history()
        assert not checked(scene.config).found
    assert scene.differences() == ["index.html"]


def test_a_check_sees_a_stale_page(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        a_stale_live_page(patch)
        scene.history()
    assert checked(scene.config).outdated == ["index.html"]


def checked(config: Config) -> Drift:
    with connect(config.database_url) as connection:
        drift = check_tree(config, Tree(config.build), connection)
    assert drift is not None
    return drift
