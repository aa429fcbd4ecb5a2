"""No other site can make a reader's browser do something here."""

import pytest

from tests.support.cast import ADA, Stage
from tests.support.documents import small_document

FORM_TYPE = "application/x-www-form-urlencoded"


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "cross-site", "Origin": "http://localhost:3000"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {},
    ],
)
def test_forms_of_other_sites_are_refused(stage: Stage, headers: dict[str, str]) -> None:
    ada = stage.signed_in(ADA)
    id = ada.simulate_post("/api/rules", json={"document": small_document()}).json["rule"]["id"]
    for path in (
        f"/api/rules/{id}/publication",
        "/api/create/plain",
        "/api/auth/logout",
        "/api/auth/magic-link/verify",
        "/api/organizer-inquiry",
        "/api/reports",
        "/api/uploads",
    ):
        sent = {"Content-Type": FORM_TYPE, "Cookie": ada.cookie, **headers}
        answer = ada.simulate_post(path, body="state=unpublished", headers=sent)
        assert answer.status_code == 403, path
    assert stage.rows("SELECT state FROM rule") == [("published",)]
    assert stage.rows("SELECT count(*) FROM session") == [(1,)]


@pytest.mark.parametrize("headers", [{"Sec-Fetch-Site": "same-origin"}, {"Origin": "http://localhost:3000"}])
def test_forms_of_this_site_are_taken(stage: Stage, headers: dict[str, str]) -> None:
    sent = {"Content-Type": FORM_TYPE, **headers}
    answer = stage.client().simulate_post("/api/auth/magic-link/request", body="email=ada%40example.org", headers=sent)
    assert answer.status_code == 200


@pytest.mark.parametrize("kind", ["text/plain", "multipart/form-data; boundary=x", ""])
def test_what_a_form_can_send_does_not_pass_for_json(stage: Stage, kind: str) -> None:
    sent = {"Content-Type": kind}
    answer = stage.client().simulate_post("/api/auth/magic-link/request", body='{"email":"a@b.cc"}', headers=sent)
    assert answer.status_code == 403


def test_programs_need_no_such_header(stage: Stage) -> None:
    assert stage.client().simulate_post("/api/auth/magic-link/request", json={"email": ADA}).status_code == 200


def test_no_answer_invites_other_origins(stage: Stage) -> None:
    answer = stage.client().simulate_get("/api/rules", headers={"Origin": "https://evil.example"})
    assert not [name for name in answer.headers if name.startswith("access-control")]
