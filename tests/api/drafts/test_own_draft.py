"""GET, PUT and DELETE /api/drafts/me: the draft that was saved last."""

import json
from typing import Any

import pytest

from tests.support.cast import ADA, ROB, Browser, Stage
from tests.support.documents import full_document, small_document

ME = "/api/drafts/me"
TYPED = {"community": {"name": "Tools"}, "decisions": [{"title": "We talk", "summary": "Nothing is"}]}


@pytest.fixture
def ada(stage: Stage) -> Browser:
    return stage.signed_in(ADA)


def test_without_one(ada: Browser) -> None:
    answer = ada.simulate_get(ME)
    assert (answer.status_code, answer.content) == (200, b'{"draft":null}')
    assert "etag" not in answer.headers


def test_it_comes_back_as_it_was_kept(ada: Browser) -> None:
    for revision, payload in enumerate(({}, TYPED, full_document("Full")), start=1):
        saved = ada.simulate_put(ME, json={"payload": payload})
        assert saved.status_code == 200, saved.text
        draft = ada.simulate_get(ME).json["draft"]
        assert saved.json["draft"] == draft
        assert draft["payload"] == payload
        assert draft["revision"] == revision
        assert draft["updatedAt"].endswith("Z")
        assert draft["gaps"] == [] if revision == 3 else draft["gaps"]
    assert ada.simulate_get(ME).headers["etag"] == f'"{draft["id"]}-3"'


def test_text_is_cleaned_as_a_published_one_is(ada: Browser) -> None:
    payload = {"community": {"name": " Cafe\u0301\u00a0 Rouge\r\n"}, "values": [{"meaning": "one \r\ntwo\n\n"}]}
    draft = ada.simulate_put(ME, json={"payload": payload}).json["draft"]
    assert draft["payload"] == {"community": {"name": "Caf\u00e9 Rouge"}, "values": [{"meaning": "one\ntwo"}]}
    assert draft["title"] == "Caf\u00e9 Rouge"


def test_without_if_match_the_save_wins_and_the_other_text_stays(ada: Browser) -> None:
    for name in ("One", "Two"):
        draft = ada.simulate_put(ME, json={"payload": {"community": {"name": name}}}).json["draft"]
    assert draft["title"] == "Two"
    revisions = ada.simulate_get(f"/api/drafts/{draft['id']}/revisions").json["revisions"]
    assert [revision["title"] for revision in revisions] == ["Two", "One"]


def test_with_if_match_both_texts_come_back(ada: Browser) -> None:
    first = ada.simulate_put(ME, json={"payload": {"community": {"name": "One"}}})
    seen = {"If-Match": first.headers["etag"]}
    assert put(ada, {"community": {"name": "Two"}}, seen).status_code == 200
    answer = put(ada, {"community": {"name": "  Three"}}, seen)
    assert (answer.status_code, answer.json["error"]["code"]) == (409, "conflict")
    assert answer.json["details"]["yours"] == {"payload": {"community": {"name": "Three"}}}
    theirs = answer.json["details"]["theirs"]
    assert (theirs["payload"], theirs["revision"]) == ({"community": {"name": "Two"}}, 2)
    assert ada.simulate_get(ME).json["draft"]["title"] == "Two"
    # The same text once more is no conflict: the answer to the first try was lost.
    assert put(ada, {"community": {"name": "Two"}}, seen).json["draft"]["revision"] == 2


@pytest.mark.parametrize("match", ["{tag}", "W/{tag}", '"1-9", {tag}', "*", "{bare}"])
def test_tags_that_match(ada: Browser, match: str) -> None:
    tag = ada.simulate_put(ME, json={"payload": {}}).headers["etag"]
    header = match.format(tag=tag, bare=tag.strip('"'))
    assert put(ada, TYPED, {"If-Match": header}).status_code == 200


@pytest.mark.parametrize("match", ['"1-9"', '"1"', "nonsense, more", '""', '"1-1-1"'])
def test_tags_that_do_not(ada: Browser, match: str) -> None:
    ada.simulate_put(ME, json={"payload": {}})
    assert put(ada, TYPED, {"If-Match": match}).status_code == 409
    assert ada.simulate_delete(ME, headers={"If-Match": match, "Cookie": ada.cookie}).status_code == 409
    assert ada.simulate_get(ME).json["draft"]["payload"] == {}


def test_a_tag_of_a_draft_that_is_gone(ada: Browser) -> None:
    tag = ada.simulate_put(ME, json={"payload": TYPED}).headers["etag"]
    ada.simulate_delete(ME)
    answer = put(ada, TYPED, {"If-Match": tag})
    assert (answer.status_code, answer.json["details"]) == (409, {"yours": {"payload": TYPED}, "theirs": None})
    # The tag of one draft never matches another.
    other = ada.simulate_put(ME, json={"payload": {}})
    assert other.headers["etag"] != tag
    assert put(ada, TYPED, {"If-Match": tag}).status_code == 409


def test_it_is_the_one_that_was_saved_last(ada: Browser) -> None:
    ids = [ada.simulate_post("/api/drafts", json={"payload": {}}).json["draft"]["id"] for _ in range(3)]
    assert ada.simulate_get(ME).json["draft"]["id"] == ids[2]
    ada.simulate_put(f"/api/drafts/{ids[0]}", json={"payload": TYPED})
    assert ada.simulate_get(ME).json["draft"]["id"] == ids[0]
    assert ada.simulate_put(ME, json={"payload": {}}).json["draft"]["id"] == ids[0]
    assert ada.simulate_delete(ME).json == {"ok": True}
    assert ada.simulate_get(ME).json["draft"]["id"] == ids[2]


def test_deleting_what_is_not_there(ada: Browser) -> None:
    ada.simulate_put(ME, json={"payload": {}})
    for _ in range(2):
        assert ada.simulate_delete(ME).json == {"ok": True}
    assert ada.simulate_get(ME).json == {"draft": None}


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_it_needs_a_session(stage: Stage, method: str) -> None:
    answer = stage.client().simulate_request(method, ME, json={"payload": {}})
    assert (answer.status_code, answer.json) == (401, {"error": {"code": "unauthorized", "message": "Unauthorized"}})


def test_it_is_ones_own(stage: Stage, ada: Browser) -> None:
    ada.simulate_put(ME, json={"payload": TYPED})
    rob = stage.signed_in(ROB)
    assert rob.simulate_get(ME).json == {"draft": None}
    rob.simulate_put(ME, json={"payload": {}})
    rob.simulate_delete(ME)
    assert ada.simulate_get(ME).json["draft"]["payload"] == TYPED


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"payload": {"title": "Tools", "selectedCoreValueIds": ["1"]}}, "title"),
        ({"payload": {"sections": []}}, "sections"),
        ({"payload": None}, "payload"),
        ({"payload": []}, "payload"),
        ({}, "payload"),
    ],
)
def test_another_shape_is_refused_and_says_so(ada: Browser, body: dict[str, Any], path: str) -> None:
    answer = ada.simulate_put(ME, json=body)
    assert (answer.status_code, answer.json["error"]["code"]) == (400, "validation_error")
    assert path in answer.json["details"]["fieldErrors"]
    assert ada.simulate_get(ME).json == {"draft": None}


def test_how_large_it_may_be(ada: Browser) -> None:
    fits = {"decisions": [{"summary": "x" * 40_000}] * 13}
    assert len(json.dumps({"payload": fits})) < 512 * 1024 < len(json.dumps({"payload": fits})) + 8_000
    assert ada.simulate_put(ME, json={"payload": fits}).status_code == 200
    answer = ada.simulate_put(ME, json={"payload": {"decisions": [{"summary": "x" * 40_000}] * 14}})
    assert (answer.status_code, answer.json["error"]["code"]) == (413, "payload_too_large")
    assert ada.simulate_get(ME).json["draft"]["payload"] == fits


def test_a_published_text_is_a_draft(ada: Browser) -> None:
    id = ada.simulate_post("/api/rules", json={"document": small_document()}).json["rule"]["id"]
    document = ada.simulate_get(f"/api/rules/{id}").json["rule"]["document"]
    draft = ada.simulate_put(ME, json={"payload": document}).json["draft"]
    assert (draft["payload"], draft["gaps"]) == (document, [])


def put(ada: Browser, payload: dict[str, Any], headers: dict[str, str]) -> Any:
    return ada.simulate_put(ME, json={"payload": payload}, headers={**headers, "Cookie": ada.cookie})
