"""PATCH and POST /api/user/me: the name that stands on one's rules."""

import pytest

from api.config import Config
from tests.support.cast import ADA, Stage
from tests.support.documents import small_document
from tests.support.trees import live_tree, pages_worker


def test_the_name_stands_on_rule_and_history_and_nowhere_else(stage: Stage, config: Config) -> None:
    ada = stage.signed_in(ADA)
    slug = ada.simulate_post("/api/rules", json={"document": small_document()}).json["rule"]["slug"]
    with pages_worker(config) as worker:
        worker.work()
        assert ada.submit("/api/user/me", {"displayName": "The tool keepers"}).status_code == 303
        worker.work()
    named = [path for path, body in live_tree(config).items() if b"The tool keepers" in body]
    assert sorted(named) == [f"rules/{slug}/history/index.html", f"rules/{slug}/index.html"]


def test_an_empty_name_takes_it_away(stage: Stage) -> None:
    ada = stage.signed_in(ADA)
    for name in ("Ada", "", ""):
        answer = ada.simulate_patch("/api/user/me", json={"displayName": name})
        assert answer.json == {"ok": True, "user": {"displayName": name}}
    assert stage.rows("SELECT count(*) FROM job WHERE kind = 'page'") == [(2,)]  # the third changed nothing


@pytest.mark.parametrize("name", ["x" * 81, "a\x00b", 7])
def test_what_is_no_name_is_refused(stage: Stage, name: object) -> None:
    answer = stage.signed_in(ADA).simulate_patch("/api/user/me", json={"displayName": name})
    assert answer.status_code == 400
    assert "displayName" in answer.json["details"]["fieldErrors"]


def test_signed_out_there_is_no_account(stage: Stage) -> None:
    assert stage.client().simulate_patch("/api/user/me", json={"displayName": "x"}).status_code == 401
