"""PUT, DELETE and POST /api/rules/<id>/publication: unpublish and publish again."""

import pytest

from api.pages.tombstones import Tombstones
from tests.support.cast import ADA, ROB, Stage
from tests.support.documents import small_document


@pytest.fixture
def rule(stage: Stage) -> dict[str, str]:
    found: dict[str, str] = (
        stage.signed_in(ADA).simulate_post("/api/rules", json={"document": small_document()}).json["rule"]
    )
    return found


def test_unpublishing_lays_the_tombstone_before_it_answers(stage: Stage, rule: dict[str, str]) -> None:
    tombstones = Tombstones(stage.parts.config.build)
    answer = stage.signed_in(ADA).simulate_delete(f"/api/rules/{rule['id']}/publication")
    assert answer.status_code == 200
    assert answer.json["rule"]["state"] == "unpublished"
    assert tombstones.stands(rule["slug"])
    assert stage.client().simulate_get("/api/rules").json == {"rules": []}
    assert stage.client().simulate_get(f"/api/rules/{rule['id']}").status_code == 404
    assert stage.signed_in(ADA).simulate_get(f"/api/rules/{rule['id']}").status_code == 200


def test_publishing_again_keeps_address_place_and_versions(stage: Stage, rule: dict[str, str]) -> None:
    ada = stage.signed_in(ADA)
    before = stage.rows("SELECT place FROM place")
    ada.simulate_delete(f"/api/rules/{rule['id']}/publication")
    answer = ada.simulate_put(f"/api/rules/{rule['id']}/publication")
    assert (answer.status_code, answer.json["rule"]["slug"]) == (200, rule["slug"])
    assert stage.rows("SELECT place FROM place WHERE listed") == before
    assert stage.rows("SELECT highest, listed FROM listing") == [(1, 1)]
    # The tombstone falls only when the pages worker has put the pages in place.
    assert Tombstones(stage.parts.config.build).stands(rule["slug"])


def test_doing_it_twice_changes_nothing(stage: Stage, rule: dict[str, str]) -> None:
    ada = stage.signed_in(ADA)
    address = f"/api/rules/{rule['id']}/publication"
    for _ in range(2):
        assert ada.simulate_delete(address).status_code == 200
    jobs = stage.rows("SELECT count(*) FROM job WHERE kind = 'page'")
    assert jobs == [(2,)]
    for _ in range(2):
        assert ada.simulate_put(address).status_code == 200
    assert stage.rows("SELECT highest, listed FROM listing") == [(1, 1)]


def test_it_is_the_owners_alone(stage: Stage, rule: dict[str, str]) -> None:
    address = f"/api/rules/{rule['id']}/publication"
    assert stage.client().simulate_delete(address).status_code == 401
    assert stage.signed_in(ROB).simulate_delete(address).status_code == 403
    assert not Tombstones(stage.parts.config.build).stands(rule["slug"])
    stage.signed_in(ADA).simulate_delete(address)
    assert stage.signed_in(ROB).simulate_put(address).status_code == 404


def test_the_form_does_the_same(stage: Stage, rule: dict[str, str]) -> None:
    ada = stage.signed_in(ADA)
    address = f"/api/rules/{rule['id']}/publication"
    assert ada.submit(address, {"state": "unpublished"}).status_code == 303
    assert stage.rows("SELECT state FROM rule") == [("unpublished",)]
    assert ada.submit(address, {"state": "published"}).status_code == 303
    assert stage.rows("SELECT state FROM rule") == [("published",)]
    assert ada.submit(address, {"state": "other"}).status_code == 400


def test_a_place_is_never_used_twice(stage: Stage, rule: dict[str, str]) -> None:
    ada = stage.signed_in(ADA)
    ada.simulate_delete(f"/api/rules/{rule['id']}/publication")
    ada.simulate_post("/api/rules", json={"document": small_document("Second")})
    ada.simulate_put(f"/api/rules/{rule['id']}/publication")
    assert stage.rows("SELECT p.place, r.title FROM place p JOIN rule r ON r.id = p.rule_id ORDER BY place") == [
        (1, "Riverside Tool Library"),
        (2, "Second"),
    ]
