"""GET and POST /api/drafts: several per person, but not without end."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from api.drafts.actions import MAX_DRAFTS
from tests.support.cast import ADA, ROB, Stage

DRAFTS = "/api/drafts"


def test_a_new_one_stands_beside_the_others(stage: Stage) -> None:
    ada = stage.signed_in(ADA)
    for name in ("One", "Two"):
        answer = ada.simulate_post(DRAFTS, json={"payload": {"community": {"name": name}}})
        draft = answer.json["draft"]
        assert answer.status_code == 201
        assert answer.headers["location"] == f"/api/drafts/{draft['id']}"
        assert answer.headers["etag"] == f'"{draft["id"]}-1"'
        assert ada.simulate_get(answer.headers["location"]).json["draft"] == draft
    shown = ada.simulate_get(DRAFTS).json["drafts"]
    assert [(row["title"], row["revision"], row["gaps"]) for row in shown] == [("Two", 1, 1), ("One", 1, 1)]
    assert shown[0].keys() == {"id", "title", "updatedAt", "revision", "gaps"}
    assert stage.signed_in(ROB).simulate_get(DRAFTS).json == {"drafts": []}


def test_even_at_once_nobody_has_more_than_fit(stage: Stage) -> None:
    ada = stage.signed_in(ADA)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: ada.simulate_post(DRAFTS, json={"payload": {}}), range(MAX_DRAFTS + 10)))
    assert sorted(answer.status_code for answer in answers) == [201] * MAX_DRAFTS + [409] * 10
    (refused, *_) = (answer for answer in answers if answer.status_code == 409)
    assert "Delete one that you no longer need" in refused.json["error"]["message"]
    assert len(ada.simulate_get(DRAFTS).json["drafts"]) == MAX_DRAFTS
    assert ada.simulate_put("/api/drafts/me", json={"payload": {"values": []}}).status_code == 200
    assert ada.simulate_delete("/api/drafts/me").status_code == 200
    assert ada.simulate_post(DRAFTS, json={"payload": {}}).status_code == 201
    assert stage.signed_in(ROB).simulate_post(DRAFTS, json={"payload": {}}).status_code == 201


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_they_need_a_session(stage: Stage, method: str) -> None:
    answer = stage.client().simulate_request(method, DRAFTS, json={"payload": {}})
    assert (answer.status_code, answer.json["error"]["code"]) == (401, "unauthorized")
    assert stage.rows("SELECT count(*) FROM draft") == [(0,)]
