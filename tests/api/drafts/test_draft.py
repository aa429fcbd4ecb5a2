"""GET, PUT, DELETE and POST /api/drafts/{id}."""

import pytest

from tests.support.cast import ADA, ROB, Browser, Stage

TEXT = {"community": {"name": "Tools"}}


@pytest.fixture
def ada(stage: Stage) -> Browser:
    return stage.signed_in(ADA)


@pytest.fixture
def address(ada: Browser) -> str:
    location: str = ada.simulate_post("/api/drafts", json={"payload": TEXT}).headers["location"]
    return location


def test_saving_makes_the_next_revision(ada: Browser, address: str) -> None:
    first = ada.simulate_get(address)
    saved = ada.simulate_put(
        address, json={"payload": {}}, headers={"If-Match": first.headers["etag"], "Cookie": ada.cookie}
    )
    assert saved.json["draft"]["revision"] == 2
    assert saved.headers["etag"] != first.headers["etag"]
    assert ada.simulate_get(address).json == saved.json


def test_the_same_text_is_no_new_revision(ada: Browser, address: str) -> None:
    for _ in range(3):
        assert ada.simulate_put(address, json={"payload": TEXT}).json["draft"]["revision"] == 1


def test_deleting(stage: Stage, ada: Browser, address: str) -> None:
    tag = ada.simulate_get(address).headers["etag"]
    ada.simulate_put(address, json={"payload": {}})
    stale = ada.simulate_delete(address, headers={"If-Match": tag, "Cookie": ada.cookie})
    assert (stale.status_code, stale.json["details"]["theirs"]["revision"]) == (409, 2)
    assert ada.simulate_delete(address).json == {"ok": True}
    assert stage.rows("SELECT count(*) FROM draft_revision") == [(0,)]
    for method in ("GET", "PUT", "DELETE"):
        answer = ada.simulate_request(method, address, json={"payload": {}})
        assert (answer.status_code, answer.json["error"]["code"]) == (404, "not_found")


def test_deleting_from_a_form_asks_for_the_tick(ada: Browser, address: str) -> None:
    assert ada.submit(address, {}).status_code == 400
    assert ada.simulate_get(address).status_code == 200
    answer = ada.submit(address, {"delete": "yes"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/api/profile")
    assert ada.simulate_get(address).status_code == 404


def test_it_is_nobody_elses(stage: Stage, ada: Browser, address: str) -> None:
    rob = stage.signed_in(ROB)
    for method in ("GET", "PUT", "DELETE"):
        assert rob.simulate_request(method, address, json={"payload": {}}).status_code == 404
        assert stage.client().simulate_request(method, address, json={"payload": {}}).status_code == 401
    assert rob.submit(address, {"delete": "yes"}).status_code == 404
    assert ada.simulate_get(address).json["draft"]["payload"] == TEXT


@pytest.mark.parametrize("id", ["0", "999", "abc", "-1", "1e3", "9" * 40, "%00", "\u0661", "me2"])
def test_ids_that_are_nobodys(ada: Browser, id: str) -> None:
    answer = ada.simulate_get(f"/api/drafts/{id}")
    assert (answer.status_code, answer.json["error"]["code"]) == (404, "not_found")
