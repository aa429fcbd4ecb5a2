"""PATCH /api/rules/<id>: the next version, with a reason."""

import pytest

from tests.support.cast import ADA, ROB, Stage
from tests.support.documents import small_document


@pytest.fixture
def rule_id(stage: Stage) -> str:
    answer = stage.signed_in(ADA).simulate_post("/api/rules", json={"document": small_document("First")})
    id: str = answer.json["rule"]["id"]
    return id


def test_it_makes_the_next_version(stage: Stage, rule_id: str) -> None:
    body = {"document": small_document("Second"), "reason": "We have\n a new name."}
    rule = stage.signed_in(ADA).simulate_patch(f"/api/rules/{rule_id}", json=body).json["rule"]
    assert (rule["version"], rule["title"]) == (2, "Second")
    assert rule["slug"].startswith("first-")
    rows = stage.rows("SELECT number, reason FROM rule_version ORDER BY number")
    assert rows == [(1, ""), (2, "We have a new name.")]


@pytest.mark.parametrize("reason", ["", "   ", "\n\n"])
def test_a_reason_is_needed(stage: Stage, rule_id: str, reason: str) -> None:
    body = {"document": small_document("Second"), "reason": reason}
    answer = stage.signed_in(ADA).simulate_patch(f"/api/rules/{rule_id}", json=body)
    assert answer.status_code == 400
    assert "reason" in answer.json["details"]["fieldErrors"]
    assert stage.rows("SELECT version FROM rule") == [(1,)]


def test_the_same_text_is_no_version(stage: Stage, rule_id: str) -> None:
    body = {"document": small_document("First"), "reason": "Nothing."}
    assert stage.signed_in(ADA).simulate_patch(f"/api/rules/{rule_id}", json=body).status_code == 400
    assert stage.rows("SELECT count(*) FROM rule_version") == [(1,)]


def test_it_is_the_owners_alone(stage: Stage, rule_id: str) -> None:
    body = {"document": small_document("Stolen"), "reason": "Mine now."}
    assert stage.client().simulate_patch(f"/api/rules/{rule_id}", json=body).status_code == 401
    assert stage.signed_in(ROB).simulate_patch(f"/api/rules/{rule_id}", json=body).status_code == 403
    assert stage.rows("SELECT title FROM rule") == [("First",)]


def test_if_match_keeps_two_from_overwriting_each_other(stage: Stage, rule_id: str) -> None:
    ada = stage.signed_in(ADA)
    opened = ada.simulate_get(f"/api/rules/{rule_id}").json["rule"]["sha256"]
    one = {"document": small_document("One"), "reason": "one"}
    two = {"document": small_document("Two"), "reason": "two"}
    headers = {"If-Match": f'"{opened}"'}
    assert ada.simulate_patch(f"/api/rules/{rule_id}", json=one, headers=headers).status_code == 200
    answer = ada.simulate_patch(f"/api/rules/{rule_id}", json=two, headers=headers)
    assert (answer.status_code, answer.json["error"]["code"]) == (409, "conflict")
    assert stage.rows("SELECT title FROM rule") == [("One",)]
