"""GET and POST /api/auth/magic-link/verify: looking consumes nothing, the button consumes once."""

from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlencode

import pytest

from tests.support.cast import ADA, FORM, Stage
from tests.support.documents import small_document

VERIFY = "/api/auth/magic-link/verify"


def ask(stage: Stage, **body: str) -> str:
    stage.client().simulate_post("/api/auth/magic-link/request", json={"email": ADA, **body})
    return stage.last_token(ADA)


def test_looking_shows_a_button_and_consumes_nothing(stage: Stage) -> None:
    token = ask(stage)
    for _ in range(3):
        answer = stage.client().simulate_get(VERIFY, params={"token": token})
        assert answer.status_code == 200
        assert ADA in answer.text
        assert "<button" in answer.text
        assert "set-cookie" not in answer.headers
    assert stage.client().simulate_head(VERIFY, params={"token": token}).status_code == 200
    assert stage.rows("SELECT count(*) FROM session") == [(0,)]
    assert stage.client().simulate_post(VERIFY, json={"token": token}).status_code == 200


def test_the_button_starts_a_session_and_leads_on(stage: Stage) -> None:
    token = ask(stage, next="/rules/")
    answer = stage.client().simulate_post(VERIFY, body=urlencode({"token": token}), headers=FORM)
    assert answer.status_code == 303
    assert answer.headers["location"] == "/rules/"
    cookie = answer.cookies["session"]
    assert (cookie.http_only, cookie.same_site, cookie.path) == (True, "Lax", "/")
    session = stage.client().simulate_get("/api/auth/session", headers={"Cookie": f"session={cookie.value}"})
    assert session.json["user"]["email"] == ADA
    ((kept,),) = stage.rows("SELECT token_hmac FROM session")
    assert cookie.value.encode() not in kept


def test_over_https_the_cookie_is_bound_to_the_host(stage: Stage) -> None:
    from dataclasses import replace

    secure = Stage.of(replace(stage.parts, config=replace(stage.parts.config, origin="https://communityrule.info")))
    answer = secure.client().simulate_post(VERIFY, json={"token": ask(secure)})
    cookie = answer.cookies["__Host-session"]
    assert (cookie.secure, cookie.path, cookie.domain) == (True, "/", None)


def test_a_link_works_once(stage: Stage) -> None:
    token = ask(stage)
    assert stage.client().simulate_post(VERIFY, json={"token": token}).status_code == 200
    again = stage.client().simulate_post(VERIFY, json={"token": token})
    assert (again.status_code, again.json["error"]["code"]) == (400, "link_expired")
    page = stage.client().simulate_get(VERIFY, params={"token": token})
    assert page.status_code == 400
    assert "/sign-in/" in page.text


def test_of_many_at_once_one_gets_in(stage: Stage) -> None:
    token = ask(stage)
    client = stage.client()
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: client.simulate_post(VERIFY, json={"token": token}), range(24)))
    assert sorted(answer.status_code for answer in answers) == [200] + [400] * 23
    assert stage.rows("SELECT count(*) FROM session") == [(1,)]


def test_an_old_link_does_not_work(stage: Stage) -> None:
    token = ask(stage)
    stage.rows("UPDATE magic_link SET expires_at = now() - interval '1 second' RETURNING 1")
    assert stage.client().simulate_post(VERIFY, json={"token": token}).status_code == 400


def test_a_second_request_keeps_the_first_link_valid(stage: Stage) -> None:
    first, second = ask(stage), ask(stage)
    assert first != second
    assert stage.client().simulate_post(VERIFY, json={"token": first}).status_code == 200


@pytest.mark.parametrize("token", ["", "x", "\ud800".encode("utf-8", "surrogatepass").decode("latin-1"), "a" * 5000])
def test_a_mangled_link_gets_a_kind_page(stage: Stage, token: str) -> None:
    answer = stage.client().simulate_get(VERIFY, params={"token": token})
    assert answer.status_code == 400
    assert "text/html" in answer.headers["content-type"]


@pytest.mark.parametrize(
    "next",
    [
        *(
            "//evil.example",
            "///evil.example",
            "/\\evil.example",
            "\\\\evil.example",
            "https://evil.example",
            "http:evil.example",
        ),
        *("/\tevil", "/\nevil", "/%0d%0aSet-Cookie:x", "/%2f%2fevil.example", "javascript:alert(1)", "/rules/../../x"),
        *(
            "",
            " ",
            "rules/",
            "/rules//evil.example/",
            "/rules/?next=//evil",
            "/./x",
            "/rules/#x",
            "/rules/\u2028",
            "/@evil.example",
        ),
    ],
)
def test_a_link_never_leads_away(stage: Stage, next: str) -> None:
    token = ask(stage, next=next)
    assert stage.client().simulate_post(VERIFY, json={"token": token}).json["next"] == "/profile/"


@pytest.mark.parametrize(
    "next", ["/rules/", "/profile/", "/rules/a-b-c/", "/create/plain/", "/api/create/plain?draft=12"]
)
def test_a_link_leads_to_places_of_this_site(stage: Stage, next: str) -> None:
    token = ask(stage, next=next)
    assert stage.client().simulate_post(VERIFY, json={"token": token}).json["next"] == next


def test_a_draft_that_travels_along_becomes_a_new_one(stage: Stage) -> None:
    form = {"community.name": "Tool Library", "values.0.title": "Care", "email": ADA}
    for _ in range(2):
        kept = stage.client().simulate_post("/api/create/plain", body=urlencode(form), headers=FORM)
        assert "Your draft is kept" in kept.text
        answer = stage.client().simulate_post(VERIFY, json={"token": stage.last_token(ADA)})
        assert answer.json["next"].startswith("/api/create/plain?draft=")
    assert stage.rows("SELECT document::jsonb -> 'community' ->> 'name' FROM draft_revision") == [("Tool Library",)] * 2
    assert stage.rows("SELECT count(*) FROM rule") == [(0,)]


def test_it_is_not_for_documents(stage: Stage) -> None:
    assert stage.client().simulate_post(VERIFY, json=small_document()).status_code == 400
