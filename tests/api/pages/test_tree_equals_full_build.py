"""Exact: after any history the tree is byte for byte what a full build of the same rows makes."""

import shutil
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from api.app import open_parts
from api.config import Config
from tests.conftest import config_for
from tests.support.cast import OLGA, Browser, Stage
from tests.support.documents import small_document
from tests.support.hostile import lines, texts
from tests.support.postgres import PostgresServer
from tests.support.trees import (
    built_by_a_fresh_worker,
    built_by_stock_pelican,
    difference,
    files_of,
    live_tree,
    pages_worker,
)

NO_SHRINKING = (Phase.explicit, Phase.reuse, Phase.generate)  # each try takes seconds
BEFORE = 49  # rules that are there at the start: the next one fills the first archive page, the one after opens another

FACETS = {
    "types": ["mutual-aid", "dao", "no-such-kind"],
    "size": ["one-member", "six-to-twelve"],
    "scale": ["local"],
    "maturity": ["established"],
}
METHODS = [("decisions", "lazy-consensus"), ("conflict", "peer-mediation"), ("membership", "no-such-method")]

community = st.fixed_dictionaries({id: st.lists(st.sampled_from(found), unique=True) for id, found in FACETS.items()})
methods = st.lists(st.sampled_from(METHODS), unique=True)
templates = st.sampled_from([None, "consensus", "no-such-template"])
which = st.integers(0, 99)

operations = st.one_of(
    st.tuples(st.just("publish"), lines(), texts(), community, methods, templates, st.booleans()),
    st.tuples(st.just("adapt"), which, lines()),
    st.tuples(st.just("revise"), which, lines(), texts(), community, methods),
    st.tuples(st.just("withdraw"), which, st.integers(1, 4)),
    st.tuples(st.just("unpublish"), which),
    st.tuples(st.just("restore"), which),
    st.tuples(st.just("delete"), which),
    st.tuples(st.just("show"), which, st.booleans()),
    st.tuples(st.just("rename"), texts(80)),
    st.tuples(st.just("work")),
)


class History:
    """What authors do, one after the other, and which rules there are."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.author: Browser = stage.signed_in(OLGA)  # an operator, who may publish without end
        self.ids: list[str] = []
        self.count = 0

    def do(self, operation: tuple[Any, ...]) -> None:
        getattr(self, operation[0])(*operation[1:])

    def publish(
        self,
        name: str,
        text: str = "",
        community: Mapping[str, Any] | None = None,
        methods: Iterable[tuple[str, str]] = (),
        template: str | None = None,
        unlisted: bool = False,
        adapts: str = "",
    ) -> None:
        document = document_with(name, text, community or {}, methods)
        if template:
            document["template"] = template
        body = {"document": document, "visibility": "unlisted" if unlisted else "public", "adapts": adapts}
        answer = self.author.simulate_post("/api/rules", json=body)
        assert answer.status_code == 200, answer.text
        self.ids.append(answer.json["rule"]["id"])

    def adapt(self, which: int, name: str) -> None:
        [(slug, number, state)] = self._rows("SELECT slug, version, state FROM rule WHERE id = %s", which)
        if state == "published":
            self.publish(name, adapts=f"{slug}/v/{number}")

    def revise(
        self,
        which: int,
        name: str,
        text: str,
        community: Mapping[str, Any] | None = None,
        methods: Iterable[tuple[str, str]] = (),
    ) -> None:
        self.count += 1
        document = document_with(name, f"{self.count} {text}", community or {}, methods)
        answer = self.author.simulate_patch(
            f"/api/rules/{self._id(which)}", json={"document": document, "reason": name}
        )
        assert answer.status_code == 200, answer.text

    def withdraw(self, which: int, number: int) -> None:
        answer = self.author.simulate_delete(f"/api/rules/{self._id(which)}/versions/{number}")
        assert answer.status_code in (200, 404, 409), answer.text  # current, withdrawn before, or not there yet

    def unpublish(self, which: int) -> None:
        assert self.author.simulate_delete(f"/api/rules/{self._id(which)}/publication").status_code == 200

    def restore(self, which: int) -> None:
        assert self.author.simulate_put(f"/api/rules/{self._id(which)}/publication").status_code == 200

    def delete(self, which: int) -> None:
        if len(self.ids) > 1:
            id = self._id(which)
            assert self.author.simulate_delete(f"/api/rules/{id}").status_code == 200
            self.ids.remove(id)

    def show(self, which: int, unlisted: bool) -> None:
        body = {"visibility": "unlisted" if unlisted else "public"}
        assert self.author.simulate_put(f"/api/rules/{self._id(which)}/visibility", json=body).status_code == 200

    def rename(self, name: str) -> None:
        answer = self.author.simulate_patch("/api/user/me", json={"displayName": name})
        assert answer.status_code == 200, answer.text

    def _id(self, which: int) -> str:
        return self.ids[which % len(self.ids)]

    def _rows(self, statement: str, which: int) -> list[tuple[Any, ...]]:
        return self.stage.rows(statement, int(self._id(which)))


def document_with(
    name: str, text: str, community: Mapping[str, Any], methods: Iterable[tuple[str, str]]
) -> dict[str, Any]:
    document = small_document(name, conflict=[{"own": "own-1", "title": name, "summary": text}])
    document["community"] = {**document["community"], **community}
    for section, id in methods:
        document.setdefault(section, []).append({"id": id, "title": id, "summary": text})
    return document


@pytest.fixture
def begun(postgres: PostgresServer, build: Path, tmp_path: Path) -> tuple[str, Path]:
    """A database with rules, and a BUILD_DIR with its release."""
    config = config_for(postgres.new_database(), build, tmp_path)
    parts = open_parts(config)
    history = History(Stage.of(parts))
    for number in range(BEFORE):
        history.publish(f"Rule {number}")
    parts.close()
    with pages_worker(config) as worker:
        worker.work()
    return config.database_url, build


@settings(max_examples=4, deadline=None, suppress_health_check=list(HealthCheck), phases=NO_SHRINKING)
@given(history=st.lists(operations, min_size=20, max_size=60))
def test_any_history(
    postgres: PostgresServer,
    begun: tuple[str, Path],
    tmp_path_factory: pytest.TempPathFactory,
    history: list[tuple[Any, ...]],
) -> None:
    check_history(postgres, begun, tmp_path_factory.mktemp("history"), history)


@settings(max_examples=1, deadline=None, suppress_health_check=list(HealthCheck), phases=NO_SHRINKING)
@given(history=st.lists(operations, min_size=220, max_size=260))
def test_a_long_history(
    postgres: PostgresServer,
    begun: tuple[str, Path],
    tmp_path_factory: pytest.TempPathFactory,
    history: list[tuple[Any, ...]],
) -> None:
    check_history(postgres, begun, tmp_path_factory.mktemp("history"), history)


def check_history(
    postgres: PostgresServer, begun: tuple[str, Path], folder: Path, history: list[tuple[Any, ...]]
) -> None:
    """The live tree after a history, that of a fresh worker, and that of the stock `pelican` command are one."""
    shutil.copytree(begun[1], folder / "build", symlinks=True)
    config = config_for(postgres.copy_of(begun[0]), folder / "build", folder)
    parts = open_parts(config)
    stage = Stage.of(parts)
    with pages_worker(config) as worker:
        authors = History(stage)
        authors.ids = [id for (id,) in stage.rows("SELECT id::text FROM rule ORDER BY rule.id")]
        for operation in history:
            if operation == ("work",):
                worker.work()
            else:
                authors.do(operation)
        worker.work()
    unlisted = [slug for (slug,) in stage.rows("SELECT slug FROM rule WHERE visibility = 'unlisted'")]
    parts.close()
    live = live_tree(config)
    fresh = built_by_a_fresh_worker(config, postgres.copy_of(config.database_url), fresh_build(config, folder))
    assert difference(live, fresh) == []
    assert difference(live, built_by_stock_pelican(config, folder / "pelican")) == []
    assert len(live) > 2 * 3 * (BEFORE - 40)  # twins counted; there is something to compare
    for slug in unlisted:
        others = {path: body for path, body in live.items() if not path.startswith(f"rules/{slug}/")}
        assert not [path for path, body in others.items() if f"/rules/{slug}/".encode() in body], "it is named"


def fresh_build(config: Config, folder: Path) -> Path:
    """An empty BUILD_DIR; fonts are copied, for they take seconds and are tested elsewhere."""
    build = folder / "fresh"
    shutil.copytree(config.build / "assets", build / "assets")
    return build


def test_no_page_knows_when_or_where_it_was_made(
    postgres: PostgresServer, begun: tuple[str, Path], tmp_path: Path
) -> None:
    config = config_for(postgres.copy_of(begun[0]), begun[1], tmp_path)
    for path, body in live_tree(config).items():
        for word in (str(tmp_path).encode(), b"postgresql://", config.session_secret.encode(), OLGA.encode()):
            assert word not in body, path


def test_another_origin_is_another_tree(postgres: PostgresServer, begun: tuple[str, Path], tmp_path: Path) -> None:
    config = config_for(postgres.copy_of(begun[0]), begun[1], tmp_path)
    apex = replace(config, origin="https://communityrule.info", build=tmp_path / "apex")
    shutil.copytree(config.build / "assets", apex.build / "assets")
    with pages_worker(apex):
        pages = live_tree(apex)
    assert b"https://communityrule.info/rules/" in pages["feed.xml"]
    assert not [path for path, body in pages.items() if b"localhost" in body and not path.endswith(".gz")]
    assert b'name="robots" content="noindex"' not in pages["index.html"]
    assert b'name="robots" content="noindex"' in live_tree(config)["index.html"]


def test_unlisted_slots_stay_free(postgres: PostgresServer, begun: tuple[str, Path], tmp_path: Path) -> None:
    """A rule that leaves makes a gap, one that returns takes its old place: nobody else's page moves."""
    shutil.copytree(begun[1], tmp_path / "copy", symlinks=True)
    config = config_for(postgres.copy_of(begun[0]), tmp_path / "copy", tmp_path)
    parts = open_parts(config)
    before = live_tree(config)
    with pages_worker(config) as worker:
        history = History(Stage.of(parts))
        history.ids = [id for (id,) in Stage.of(parts).rows("SELECT id::text FROM rule ORDER BY rule.id")]
        history.unpublish(10)
        worker.work()
        during = live_tree(config)
        history.restore(10)
        worker.work()
    parts.close()
    slug = next(
        path.split("/")[1]
        for path, body in before.items()
        if path.endswith("index.html") and b">Rule 10<" in body and path.startswith("rules/rule-10-")
    )
    assert difference(before, live_tree(config)) == []
    changed = [path for path in difference(before, during) if not path.endswith(".gz")]
    assert sorted(path for path in changed if not path.startswith(f"rules/{slug}/")) == [
        *("index.html",) * (b"Rule 10<" in before["index.html"]),
        "rules/index.html",
        "rules/page/1/index.html",
        "sitemap-1.xml",
    ]


def test_a_comparison_can_fail(begun: tuple[str, Path]) -> None:
    trees = [files_of(folder) for folder in (begun[1] / "releases").iterdir() if folder.is_dir()]
    changed = {**trees[0], "index.html": b"stale"}
    assert difference(trees[0], changed) == ["index.html"]
