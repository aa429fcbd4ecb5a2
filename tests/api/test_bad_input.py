"""Bad input at every door: the envelope, a right status, nothing stored, never a 500."""

import json
from typing import Any

import pytest

from tests.support.cast import ADA, FORM, JSON, Browser, Stage
from tests.support.documents import small_document

DOORS = [
    ("POST", "/api/auth/magic-link/request"),
    ("POST", "/api/auth/magic-link/verify"),
    ("POST", "/api/rules"),
    ("PATCH", "/api/rules/1"),
    ("PUT", "/api/drafts/me"),
    ("POST", "/api/drafts"),
    ("PUT", "/api/drafts/1"),
    ("POST", "/api/organizer-inquiry"),
    ("POST", "/api/reports"),
    ("POST", "/api/web-vitals"),
]
FORM_DOORS = (
    *("/api/create/plain", "/api/auth/magic-link/request", "/api/auth/magic-link/verify", "/api/organizer-inquiry"),
    "/api/reports",
)
DEEP = b"[" * 100_000
LONG_NUMBER = b'{"email":' + b"9" * 5000 + b"}"


def document_with(text: str) -> bytes:
    """A rule whose title is `text`, written as JSON by hand so that anything can be in it."""
    body = {"document": small_document(), "payload": small_document(), "reason": "x"}
    return json.dumps(body).replace("Riverside Tool Library", text).encode()


BODIES = {
    "empty": b"",
    "no JSON": b"{nope",
    "half": b'{"email":"a@b.cc"',
    "two values": b"{}{}",
    "a list": b"[]",
    "null": b"null",
    "text": b'"text"',
    "not UTF-8": b'{"email":"\xff\xfe"}',
    "UTF-16": '{"email":"a@b.cc"}'.encode("utf-16"),
    "NaN": b'{"email":NaN}',
    "infinity": b'{"document":{"x":-Infinity}}',
    "NUL": document_with("a\\u0000b"),
    "a lone surrogate": document_with("a\\ud800b"),
    "a noncharacter": document_with("a\\uffffb"),
    "deep": DEEP,
    "deep objects": b'{"a":' * 5000 + b"1" + b"}" * 5000,
    "deep inside": json.dumps({"document": {"values": json.loads("[" * 60 + "]" * 60)}}).encode(),
    "huge": b'{"email":"' + b"x" * 600_000 + b'"}',
    "a long number": LONG_NUMBER,
    "a big float": b'{"document":{"schema":1e400}}',
    "the same key twice": b'{"email":"a@b.cc","email":"c@d.ee"}',
    "unknown fields": b'{"email":"a@b.cc","token":"x","document":{},"reason":"x","admin":true}',
    "wrong types": b'{"email":5,"token":[],"document":"x","reason":{}}',
}
EVERYWHERE = {"NUL", "a lone surrogate", "a noncharacter"}


@pytest.fixture
def ada(stage: Stage) -> Browser:
    return stage.signed_in(ADA)


def counts(stage: Stage) -> list[tuple[Any, ...]]:
    return stage.rows(
        "SELECT (SELECT count(*) FROM rule), (SELECT count(*) FROM job), (SELECT count(*) FROM magic_link),"
        " (SELECT count(*) FROM session), (SELECT count(*) FROM draft), (SELECT count(*) FROM draft_revision),"
        " (SELECT count(*) FROM publish_key), (SELECT count(*) FROM inquiry), (SELECT count(*) FROM report),"
        " (SELECT count(*) FROM web_vital), (SELECT count(*) FROM queued_mail), (SELECT count(*) FROM upload)"
    )


def test_bad_bodies_at_every_door(stage: Stage, ada: Browser) -> None:
    ada.simulate_post("/api/rules", json={"document": small_document()})
    ada.simulate_put("/api/drafts/me", json={"payload": small_document()})
    before = counts(stage)
    for method, path in DOORS:
        for name, body in BODIES.items():
            answer = ada.simulate_request(method, path, body=body, headers={**JSON, "Cookie": ada.cookie})
            where = f"{method} {path} with {name}: {answer.status_code} {answer.text[:200]}"
            assert answer.status_code in (400, 413), where
            assert answer.json["error"].keys() == {"code", "message"}, where
            assert answer.json["error"]["code"] in ("invalid_json", "validation_error", "payload_too_large"), where
            assert "Traceback" not in answer.text, where
    assert counts(stage) == before


def test_bad_bodies_at_the_door_for_files(stage: Stage, ada: Browser) -> None:
    """It has a corpus of its own; these are no forms at all, whatever type they are said to be of."""
    before = counts(stage)
    for name, body in BODIES.items():
        for kind, statuses in (("application/json", (415,)), ("multipart/form-data; boundary=x", (400, 413))):
            headers = {"Content-Type": kind, "Cookie": ada.cookie, "Sec-Fetch-Site": "same-origin"}
            answer = ada.simulate_post("/api/uploads", body=body, headers=headers)
            assert answer.status_code in statuses, f"{name} as {kind}: {answer.status_code} {answer.text[:200]}"
            assert "Traceback" not in answer.text
    assert counts(stage) == before


def test_sizes_and_types_have_statuses_of_their_own(ada: Browser) -> None:
    huge = ada.simulate_post("/api/rules", body=BODIES["huge"], headers={**JSON, "Cookie": ada.cookie})
    assert (huge.status_code, huge.json["error"]["code"]) == (413, "payload_too_large")
    for kind in ("text/plain", "", "application/xml", "multipart/form-data"):
        headers = {"Content-Type": kind, "Cookie": ada.cookie, "Sec-Fetch-Site": "same-origin"}
        answer = ada.simulate_post("/api/rules", body=b"{}", headers=headers)
        assert (answer.status_code, answer.json["error"]["code"]) == (415, "unsupported_media_type"), kind
    ok = {"Content-Type": "application/json; charset=utf-8", "Cookie": ada.cookie}
    answer = ada.simulate_post("/api/rules", body=json.dumps({"document": small_document()}).encode(), headers=ok)
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("method", "path"),
    [
        *(("DELETE", "/api/health"), ("POST", "/api/health"), ("TRACE", "/api/health"), ("PUT", "/api/rules")),
        *(("PATCH", "/api/templates"), ("DELETE", "/api/auth/session"), ("GET", "/api/auth/logout")),
        *(("GET", "/api/operator/rebuild"), ("POST", "/api/create-flow/methods"), ("GET", "/api/reports")),
        *(("POST", "/api/reports/new"), ("DELETE", "/api/web-vitals"), ("PUT", "/api/organizer-inquiry")),
        *(("GET", "/api/uploads"), ("PUT", "/api/uploads"), ("DELETE", "/api/uploads/x"), ("POST", "/api/uploads/x")),
        ("POST", "/api/search"),
    ],
)  # fmt: skip
def test_methods_that_a_door_does_not_take(stage: Stage, method: str, path: str) -> None:
    answer = stage.client().simulate_request(method, path, headers=JSON)
    assert (answer.status_code, answer.json["error"]["code"]) == (405, "method_not_allowed")
    assert answer.headers["allow"]


@pytest.mark.parametrize("path", ["/api", "/api/nope", "/api/send_otp", "/api/publish_rule", "/api/rules/1/2/3", "/x"])
def test_doors_that_do_not_exist(stage: Stage, path: str) -> None:
    answer = stage.client().simulate_get(path)
    assert (answer.status_code, answer.json["error"]["code"]) == (404, "not_found")
    page = stage.client().simulate_get(path, headers={"Accept": "text/html,*/*"})
    assert page.status_code == 404
    assert page.headers["content-type"].startswith("text/html")


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"community.name=%00", b"community.name=%FF", b"\xff\xfe", b"=" * 5000, b"&".join([b"a=b"] * 5000)),
        *(b"x" * 600_000, b"community.name=%ED%A0%80", b"values.99999999999999.title=x", b"rule=1%27--&reason=x"),
        *(b"draft=-1&community.name=x&template=consensus", b"rule=%00", b"values.0.fields.x=1&community.name=y"),
        b"community.name=x&values.0.title=y&once=a%20b",
    ],
)  # fmt: skip
def test_bad_forms(stage: Stage, ada: Browser, body: bytes) -> None:
    before = counts(stage)
    for path in FORM_DOORS:
        answer = ada.simulate_post(path, body=body, headers={**FORM, "Cookie": ada.cookie})
        assert answer.status_code in (400, 404, 413), f"{path}: {answer.status_code} {answer.text[:300]}"
        assert answer.headers["content-type"].startswith("text/html")
    assert counts(stage) == before


@pytest.mark.parametrize(
    "body",
    [
        *(b"draft=9%00", b"draft=1&revision=x", b"community.name=%07", b"language=%3Cb%3E", b"template=.."),
        *(b"\xff\xfe", b"rule=99&base=x", b"adapts=../v/1", b"reason=a%00", b"x=" + b"x" * 1_600_000),
        b"&".join([b"a=b"] * 5000),
    ],
)  # fmt: skip
def test_bad_forms_for_a_draft(stage: Stage, ada: Browser, body: bytes) -> None:
    """An empty one is none of them: a draft may be empty."""
    before = counts(stage)
    answer = ada.simulate_post("/api/create/draft", body=body, headers={**FORM, "Cookie": ada.cookie})
    assert answer.status_code in (400, 404, 413), f"{answer.status_code} {answer.text[:300]}"
    assert answer.headers["content-type"].startswith("text/html")
    assert counts(stage) == before


def test_an_error_of_ours_tells_nothing(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from api.rules import actions

    def fail(**_: Any) -> None:
        raise ValueError("secret words")

    monkeypatch.setattr(actions, "list_rules", fail)
    answer = stage.client().simulate_get("/api/rules", headers={"X-Request-Id": "my-id"})
    assert (answer.status_code, answer.json["error"]["code"]) == (500, "internal_error")
    assert "secret" not in answer.text
    assert answer.headers["x-request-id"] == "my-id"
    assert "secret words" in caplog.text
    forged = stage.client().simulate_get("/api/health", headers={"X-Request-Id": "x" * 500})
    assert len(forged.headers["x-request-id"]) == 16
