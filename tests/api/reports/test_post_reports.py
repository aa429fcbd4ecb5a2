"""POST /api/reports: a report is kept, and the operators get one mail."""

from dataclasses import replace
from email.policy import SMTP
from urllib.parse import urlencode

import pytest

from api import rate_limits
from api.mail.mailer import compose
from api.rate_limits import MailCeiling
from tests.support.cast import ADA, FORM, OLGA, ROB, Browser, Stage
from tests.support.documents import small_document

DOOR = "/api/reports"


@pytest.fixture
def ada(stage: Stage) -> Browser:
    return stage.signed_in(ADA)


@pytest.fixture
def slug(ada: Browser) -> str:
    return str(ada.simulate_post("/api/rules", json={"document": small_document("Ada’s rule")}).json["rule"]["slug"])


def mails(stage: Stage) -> int:
    return int(stage.rows("SELECT count(*) FROM job WHERE kind = 'mail' AND payload ->> 'to' = %s", OLGA)[0][0])


def test_a_report_is_kept_and_mailed(stage: Stage, slug: str) -> None:
    report = {"rule": slug, "reason": "private", "words": "Line 3 names\r\na person.", "email": " Rob@Example.org"}
    answer = stage.client().simulate_post(DOOR, json=report)
    assert (answer.status_code, answer.json) == (200, {"ok": True})
    assert stage.rows("SELECT rule_slug, reason, words, state FROM report") == [
        (slug, "private", "Line 3 names\na person.", "open")
    ]
    mail = stage.last_mail(OLGA)
    assert mail["subject"] == "Report 1: It shows private facts about somebody"
    assert mail["reply_to"] == ROB
    for part in ("Ada’s rule", f"/rules/{slug}/ (published)", "Line 3 names\na person.", f"goes to {ROB}"):
        assert part in mail["text"], part


def test_the_reporters_address_is_not_kept(stage: Stage, slug: str) -> None:
    stage.client().simulate_post(DOOR, json={"rule": slug, "reason": "spam", "email": ROB})
    ((row,),) = stage.rows("SELECT r::text FROM report AS r")
    assert "rob" not in row


def test_all_operators_get_one_mail(stage: Stage, slug: str) -> None:
    both = frozenset({OLGA, "omar@example.org"})
    two = Stage.of(replace(stage.parts, config=replace(stage.parts.config, operator_emails=both)))
    two.client().simulate_post(DOOR, json={"rule": slug, "reason": "spam"})
    mail = stage.last_mail(f"{OLGA}, omar@example.org")
    message = compose(mail, stage.parts.config)
    assert [address.addr_spec for address in message["To"].addresses] == [OLGA, "omar@example.org"]
    assert b"\r\nReply-To:" not in message.as_bytes(policy=SMTP)
    assert "left no address" in mail["text"]


def test_the_form_answers_with_a_page(stage: Stage, slug: str) -> None:
    body = urlencode({"rule": slug, "reason": "other", "words": "It is about a neighbor.", "email": ""})
    answer = stage.client().simulate_post(DOOR, body=body, headers=FORM)
    assert answer.status_code == 200
    assert "Thank you. Your report is on its way" in answer.text
    assert mails(stage) == 1


def test_the_form_comes_back_with_its_errors_and_all_that_was_typed(stage: Stage, slug: str) -> None:
    form = {"rule": slug, "reason": "other", "words": "  ", "email": "rob@example"}
    answer = stage.client().simulate_post(DOOR, body=urlencode(form), headers=FORM)
    assert answer.status_code == 400
    for part in (
        'value="other" checked',
        'value="rob@example"',
        "This is empty: the reason alone",
        "This is not an address.",
    ):
        assert part in answer.text, part
    none = stage.client().simulate_post(DOOR, body=urlencode({"rule": slug, "words": "<b>Hm"}), headers=FORM)
    assert none.status_code == 400
    assert 'aria-describedby="reason-hint reason-error"' in none.text
    assert "&lt;b&gt;Hm" in none.text
    assert mails(stage) == 0


@pytest.mark.parametrize(
    ("more", "path"),
    [
        *(({"rule": "../x"}, "rule"), ({"rule": "a" * 101}, "rule"), ({"rule": None}, "rule")),
        *(({"reason": "rude"}, "reason"), ({"reason": "other"}, "words")),
        *(({"words": "x" * 2001}, "words"), ({"words": "a\0b"}, "words")),
        *(({"email": "rob"}, "email"), ({"email": f"{ROB}\nBcc: x@y.zz"}, "email"), ({"state": "closed"}, "state")),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused(stage: Stage, slug: str, more: dict[str, object], path: str) -> None:
    answer = stage.client().simulate_post(DOOR, json={"rule": slug, "reason": "spam", **more})
    assert (answer.status_code, answer.json["error"]["code"]) == (400, "validation_error")
    assert answer.json["details"]["fieldErrors"].keys() == {path}
    assert mails(stage) == 0


def test_a_rule_that_does_not_exist_gets_the_same_answer(stage: Stage, ada: Browser, slug: str) -> None:
    ((id,),) = stage.rows("SELECT id FROM rule")
    none = "no-such-rule-abc234"
    for rule in (slug, none):
        answers = [
            stage.client().simulate_post(DOOR, json={"rule": rule, "reason": "spam"}),
            stage.client().simulate_post(DOOR, body=f"rule={rule}&reason=spam&words=Look", headers=FORM),
        ]
        assert [answer.status_code for answer in answers] == [200, 200]
        if rule == slug:
            expected = [answer.content for answer in answers]
        assert [answer.content for answer in answers] == expected
    assert stage.rows("SELECT DISTINCT rule_slug FROM report") == [(slug,)]
    ada.simulate_delete(f"/api/rules/{id}/publication")
    stage.client().simulate_post(DOOR, json={"rule": slug, "reason": "hostile"})
    assert f"/rules/{slug}/ (unpublished)" in stage.last_mail(OLGA)["text"]


def test_the_same_report_twice_is_one_while_it_is_open(stage: Stage, slug: str) -> None:
    report = {"rule": slug, "reason": "spam"}
    for _ in range(2):
        assert stage.client().simulate_post(DOOR, json=report).json == {"ok": True}
    assert mails(stage) == 1
    stage.client().simulate_post(DOOR, json={**report, "email": ROB})
    assert mails(stage) == 2
    stage.rows("UPDATE report SET state = 'closed' RETURNING 1")
    stage.client().simulate_post(DOOR, json=report)
    assert mails(stage) == 3


def test_a_ceiling_on_mail_loses_no_report(stage: Stage, slug: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(rate_limits.MAIL_CEILINGS, "report", MailCeiling(recipient=1, person=9, site=9))
    for reason in ("spam", "copied"):
        assert stage.client().simulate_post(DOOR, json={"rule": slug, "reason": reason}).json == {"ok": True}
    assert mails(stage) == 1
    assert stage.rows("SELECT reason FROM report ORDER BY id") == [("spam",), ("copied",)]


def test_too_many_reports_from_one_address(stage: Stage, slug: str) -> None:
    for number in range(10):
        report = {"rule": slug, "reason": "spam", "words": str(number)}
        assert stage.client().simulate_post(DOOR, json=report).status_code == 200
    body = urlencode({"rule": slug, "reason": "spam", "words": "All my words"})
    answer = stage.client().simulate_post(DOOR, body=body, headers=FORM)
    assert answer.status_code == 429
    assert "All my words" in answer.text
    assert answer.headers["retry-after"]
    lost = stage.client().simulate_post(DOOR, body="rule=../x&reason=spam", headers=FORM)
    assert lost.status_code == 400


def test_without_operators_it_says_so(stage: Stage, slug: str) -> None:
    bare = Stage.of(replace(stage.parts, config=replace(stage.parts.config, operator_emails=frozenset())))
    answer = bare.client().simulate_post(DOOR, json={"rule": slug, "reason": "spam"})
    assert (answer.status_code, answer.json["error"]["code"]) == (500, "server_misconfigured")
    form = bare.client().simulate_post(DOOR, body=f"rule={slug}&reason=spam&words=Kept", headers=FORM)
    assert form.status_code == 500
    assert "Kept" in form.text
