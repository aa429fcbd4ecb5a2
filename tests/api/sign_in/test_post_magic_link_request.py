"""POST /api/auth/magic-link/request: a mail with a link is queued; the answer tells nothing."""

import pytest

from tests.support.cast import ADA, FORM, Stage


def test_it_queues_one_mail_with_a_link(stage: Stage) -> None:
    answer = stage.client().simulate_post("/api/auth/magic-link/request", json={"email": " Ada@Example.org "})
    assert (answer.status_code, answer.json) == (200, {"ok": True})
    assert answer.headers["cache-control"] == "no-store"
    mail = stage.last_mail(ADA)
    assert f"{stage.parts.config.origin}/api/auth/magic-link/verify?token=" in mail["text"]
    assert stage.rows("SELECT count(*) FROM job WHERE kind = 'mail'") == [(1,)]


def test_the_link_is_built_from_the_configured_origin_alone(stage: Stage) -> None:
    headers = {"Host": "evil.example", "X-Forwarded-Host": "evil.example", "Forwarded": "host=evil.example"}
    stage.client().simulate_post("/api/auth/magic-link/request", json={"email": ADA}, headers=headers)
    assert "evil.example" not in stage.last_mail(ADA)["text"]


def test_only_an_hmac_of_the_token_is_kept(stage: Stage) -> None:
    stage.client().simulate_post("/api/auth/magic-link/request", json={"email": ADA})
    token = stage.last_token(ADA)
    ((kept,),) = stage.rows("SELECT token_hmac FROM magic_link")
    assert len(kept) == 32
    assert token.encode() not in kept


def test_known_and_unknown_addresses_get_the_same_answer(stage: Stage) -> None:
    stage.signed_in(ADA)
    answers = [
        stage.client().simulate_post("/api/auth/magic-link/request", json={"email": email})
        for email in (ADA, "nobody@example.org")
    ]
    assert len({(answer.status_code, answer.content) for answer in answers}) == 1


@pytest.mark.parametrize(
    "email",
    [
        *("", "ada", "ada@", "@example.org", "ada@example", "a da@example.org", "ada@exa mple.org", "ada@@example.org"),
        *("ada@example.org\nBcc: x@y.zz", "<ada@example.org>", "ada@example.org,rob@example.org", "ada\0@example.org"),
        "a" * 300 + "@example.org",
    ],
)
def test_what_is_no_address_is_refused(stage: Stage, email: str) -> None:
    answer = stage.client().simulate_post("/api/auth/magic-link/request", json={"email": email})
    assert answer.status_code == 400
    assert answer.json["error"]["code"] == "validation_error"
    assert "email" in answer.json["details"]["fieldErrors"]
    assert stage.rows("SELECT count(*) FROM job") == [(0,)]


def test_the_form_answers_with_a_page(stage: Stage) -> None:
    answer = stage.client().simulate_post("/api/auth/magic-link/request", body="email=ada%40example.org", headers=FORM)
    assert answer.status_code == 200
    assert "Look at your inbox" in answer.text
    assert stage.last_token(ADA)


def test_without_a_secret_it_says_so(stage: Stage) -> None:
    from dataclasses import replace

    bare = Stage.of(replace(stage.parts, config=replace(stage.parts.config, session_secret="")))
    answer = bare.client().simulate_post("/api/auth/magic-link/request", json={"email": ADA})
    assert (answer.status_code, answer.json["error"]["code"]) == (500, "server_misconfigured")
    assert bare.client().simulate_get("/api/auth/session").json == {"user": None}
