"""GET /api/auth/session and POST /api/auth/logout."""

from dataclasses import replace

from tests.support.cast import ADA, FORM, Stage


def test_nobody_is_signed_in_at_first(stage: Stage) -> None:
    answer = stage.client().simulate_get("/api/auth/session")
    assert (answer.status_code, answer.content) == (200, b'{"user":null}')
    forged = stage.client().simulate_get("/api/auth/session", headers={"Cookie": "session=" + "x" * 43})
    assert forged.json == {"user": None}


def test_a_session_shows_the_person(stage: Stage) -> None:
    answer = stage.signed_in(ADA).simulate_get("/api/auth/session")
    assert answer.json["user"].keys() == {"id", "email"}
    assert answer.json["user"]["email"] == ADA


def test_logout_ends_the_session_for_good(stage: Stage) -> None:
    ada = stage.signed_in(ADA)
    answer = ada.simulate_post("/api/auth/logout", json={})
    assert answer.json == {"ok": True}
    assert answer.cookies["session"].value == ""
    assert ada.simulate_get("/api/auth/session").json == {"user": None}
    assert stage.rows("SELECT count(*) FROM session") == [(0,)]


def test_logout_without_a_session_is_fine(stage: Stage) -> None:
    assert stage.client().simulate_post("/api/auth/logout", json={}).json == {"ok": True}
    assert stage.client().simulate_post("/api/auth/logout", body="", headers=FORM).status_code == 303


def test_two_browsers_are_two_sessions(stage: Stage) -> None:
    one, other = stage.signed_in(ADA), stage.signed_in(ADA)
    one.simulate_post("/api/auth/logout", json={})
    assert other.simulate_get("/api/auth/session").json["user"]["email"] == ADA
    assert stage.rows("SELECT count(*) FROM person") == [(1,)]


def test_another_secret_signs_everyone_out(stage: Stage) -> None:
    ada = stage.signed_in(ADA)
    other = Stage.of(replace(stage.parts, config=replace(stage.parts.config, session_secret="x" * 16)))
    answer = other.client().simulate_get("/api/auth/session", headers={"Cookie": ada.cookie})
    assert answer.json == {"user": None}


def test_an_old_session_ends(stage: Stage) -> None:
    ada = stage.signed_in(ADA)
    stage.rows("UPDATE session SET expires_at = now() - interval '1 second' RETURNING 1")
    assert ada.simulate_get("/api/auth/session").json == {"user": None}
