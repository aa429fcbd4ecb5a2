"""GET and POST /api/organizer-inquiry: a question becomes one mail to the organizers' inbox."""

from collections.abc import Iterator
from dataclasses import replace
from email import message_from_bytes, policy
from email.message import EmailMessage
from urllib.parse import urlencode

import pytest
from aiosmtpd.controller import Controller

from api import rate_limits
from api.config import Smtp
from api.mail.mailer import SmtpMailer, compose
from api.rate_limits import MailCeiling
from tests.support.cast import ADA, FORM, ORGANIZERS, ROB, Stage
from tests.support.running_site import free_port

DOOR = "/api/organizer-inquiry"
QUESTION = "We are twelve people with one key. How do we decide who keeps it?"


def mails(stage: Stage) -> int:
    return int(stage.rows("SELECT count(*) FROM job WHERE kind = 'mail'")[0][0])


def test_a_question_is_mailed_to_the_inbox(stage: Stage) -> None:
    answer = stage.client().simulate_post(DOOR, json={"email": " Ada@Example.org ", "message": f"  {QUESTION}\r\nAda "})
    assert (answer.status_code, answer.json) == (200, {"ok": True})
    mail = stage.last_mail(ORGANIZERS)
    assert (mail["subject"], mail["reply_to"]) == (f"A question from {ADA}", ADA)
    assert f"{QUESTION}\nAda\n" in mail["text"]
    assert stage.rows("SELECT email, message FROM inquiry") == [(ADA, f"{QUESTION}\nAda")]


def test_the_form_shows_what_it_needs(stage: Stage) -> None:
    answer = stage.client().simulate_get(DOOR)
    assert answer.status_code == 200
    for part in ("Ask an organizer", 'label for="message"', 'label for="email"', "by when", "90 days"):
        assert part in answer.text


def test_the_form_answers_with_a_page(stage: Stage) -> None:
    body = urlencode({"email": ADA, "message": QUESTION, "company": ""})
    answer = stage.client().simulate_post(DOOR, body=body, headers=FORM)
    assert answer.status_code == 200
    assert "Your question is on its way" in answer.text
    assert ADA in answer.text
    assert stage.last_mail(ORGANIZERS)["reply_to"] == ADA


def test_a_double_click_is_one_question(stage: Stage) -> None:
    for _ in range(2):
        answer = stage.client().simulate_post(DOOR, json={"email": ADA, "message": QUESTION})
        assert answer.json == {"ok": True}
    stage.client().simulate_post(DOOR, json={"email": ROB, "message": QUESTION})
    assert mails(stage) == 2
    stage.rows("UPDATE inquiry SET created_at = now() - interval '61 minutes' RETURNING 1")
    stage.client().simulate_post(DOOR, json={"email": ADA, "message": QUESTION})  # nobody answered: asked again
    assert mails(stage) == 3
    assert stage.rows("SELECT count(*) FROM inquiry") == [(2,)]


def test_the_form_comes_back_with_its_errors_and_all_that_was_typed(stage: Stage) -> None:
    form = {"email": "ada@example", "message": '<b>"Why"'}
    answer = stage.client().simulate_post(DOOR, body=urlencode(form), headers=FORM)
    assert answer.status_code == 400
    for part in (
        *(
            'value="ada@example"',
            "&lt;b&gt;&#34;Why&#34;",
            "This is shorter than 10 characters.",
            "This is not an address.",
        ),
        *(
            'aria-describedby="message-hint message-error"',
            'aria-describedby="email-hint email-error"',
            'href="#email"',
        ),
    ):
        assert part in answer.text, part
    assert mails(stage) == 0


@pytest.mark.parametrize(
    ("body", "path"),
    [
        *(({"message": QUESTION}, "email"), ({"email": ADA}, "message")),
        *(({"email": "ada", "message": QUESTION}, "email"), ({"email": 1, "message": QUESTION}, "email")),
        *(({"email": ADA, "message": "Too short"}, "message"), ({"email": ADA, "message": "x" * 10_001}, "message")),
        *(({"email": ADA, "message": " " * 50}, "message"), ({"email": ADA, "message": f"{QUESTION}\0"}, "message")),
        ({"email": ADA, "message": QUESTION, "company": None}, "company"),
        ({"email": ADA, "message": QUESTION, "to": ADA}, "to"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused(stage: Stage, body: dict[str, object], path: str) -> None:
    answer = stage.client().simulate_post(DOOR, json=body)
    assert (answer.status_code, answer.json["error"]["code"]) == (400, "validation_error")
    assert answer.json["details"]["fieldErrors"].keys() == {path}
    assert mails(stage) == 0


def test_programs_that_fill_in_everything_get_the_same_answer_and_no_mail(stage: Stage) -> None:
    trapped = {"email": ADA, "message": QUESTION, "company": "ACME"}
    assert stage.client().simulate_post(DOOR, json=trapped).json == {"ok": True}
    assert stage.client().simulate_post(DOOR, body=urlencode(trapped), headers=FORM).status_code == 200
    assert mails(stage) == 0
    assert stage.rows("SELECT count(*) FROM inquiry") == [(0,)]


def test_without_an_inbox_it_says_so_before_anything_is_typed(stage: Stage) -> None:
    bare = Stage.of(replace(stage.parts, config=replace(stage.parts.config, organizer_inquiry_to="")))
    answer = bare.client().simulate_post(DOOR, json={"email": ADA, "message": QUESTION})
    assert (answer.status_code, answer.json["error"]["code"]) == (500, "server_misconfigured")
    page = bare.client().simulate_get(DOOR, headers={"Accept": "text/html"})
    assert page.status_code == 500
    assert "<textarea" not in page.text
    form = bare.client().simulate_post(DOOR, body=urlencode({"email": ADA, "message": QUESTION}), headers=FORM)
    assert form.status_code == 500
    assert "twelve people" in form.text


def test_too_many_questions_from_one_address(stage: Stage) -> None:
    for number in range(6):
        answer = stage.client().simulate_post(DOOR, json={"email": ADA, "message": f"{QUESTION} {number}"})
        assert answer.status_code == 200
    answer = stage.client().simulate_post(DOOR, json={"email": ADA, "message": QUESTION})
    assert (answer.status_code, answer.json["error"]["code"]) == (429, "rate_limited")
    form = stage.client().simulate_post(DOOR, body=urlencode({"email": ADA, "message": QUESTION}), headers=FORM)
    assert form.status_code == 429
    assert int(form.headers["retry-after"]) > 3500
    assert "twelve people" in form.text
    assert "this site takes 6 messages within 1 hour" in form.text
    assert mails(stage) == 6


def test_a_full_inbox_loses_no_words(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(rate_limits.MAIL_CEILINGS, "inquiry", MailCeiling(recipient=1, person=9, site=9))
    assert stage.client().simulate_post(DOOR, json={"email": ROB, "message": QUESTION}).status_code == 200
    body = urlencode({"email": ADA, "message": QUESTION})
    answer = stage.client().simulate_post(DOOR, body=body, headers=FORM)
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "3600")
    assert "twelve people" in answer.text
    assert stage.rows("SELECT email FROM inquiry") == [(ROB,)]


# -- by a real mail server --------------------------------------------------------------------------------------------


class Inbox:
    def __init__(self) -> None:
        self.messages: list[EmailMessage] = []
        self.receivers: list[list[str]] = []

    async def handle_DATA(self, server: object, session: object, envelope: object) -> str:
        self.messages.append(message_from_bytes(envelope.content, policy=policy.default))  # type: ignore[arg-type,attr-defined]
        self.receivers.append(envelope.rcpt_tos)  # type: ignore[attr-defined]
        return "250 OK"


@pytest.fixture
def inbox() -> Iterator[tuple[SmtpMailer, Inbox]]:
    taken = Inbox()
    server = Controller(taken, hostname="127.0.0.1", port=free_port())
    server.start()
    yield SmtpMailer(Smtp("127.0.0.1", server.port, "", "")), taken
    server.stop()


EVIL = (
    "Bcc: evil@example.com",
    "To: evil@example.com",
    "Subject: evil",
    "Content-Type: text/html",
    "From: x@evil.example",
)
BREAKS = ("\n", "\r", "\r\n", "\n\n", "\r\n\r\n", "\u2028", "\u2029", "\x0b", "\x0c", "\x85", "\0", "%0d%0a", "\\r\\n")


def test_headers_cannot_be_injected(stage: Stage, inbox: tuple[SmtpMailer, Inbox]) -> None:
    """Through the address: refused. Through the message: words in a body, whatever they look like."""
    mailer, taken = inbox
    refused = 0
    for evil in EVIL:
        for line_end in BREAKS:
            for email in (f"ada@example.org{line_end}{evil}", f"ada{line_end}{evil}@example.org"):
                answer = stage.client().simulate_post(DOOR, json={"email": email, "message": QUESTION})
                assert answer.status_code == 400, email
                refused += 1
    assert refused == 130
    words = "\n".join([QUESTION, ".", *EVIL, "--", "MIME-Version: 1.0", "=?utf-8?q?x?=", "\u2028Bcc: evil@example.com"])
    assert stage.client().simulate_post(DOOR, json={"email": ADA, "message": words}).status_code == 200
    unusual = "jörg'=?utf-8?q?=0d=0aBcc:?=@example.org"
    stage.client().simulate_post(DOOR, json={"email": unusual, "message": QUESTION})
    stage.client().simulate_post(DOOR, json={"email": "jörg@bücher.example", "message": QUESTION})

    for (payload,) in stage.rows("SELECT payload FROM job WHERE kind = 'mail' ORDER BY id"):
        mailer.send(compose(payload, stage.parts.config))
    assert len(taken.messages) >= 2
    assert all(receivers == [ORGANIZERS] for receivers in taken.receivers)
    for message in taken.messages:
        assert message["To"] == ORGANIZERS
        assert message["Bcc"] is None
        assert message.get_content_type() == "text/plain"
        assert message.get_all("Subject") is not None
        assert len(message.get_all("Subject", [])) == len(message.get_all("From", [])) == 1
        assert message["Subject"].startswith("A question from ")
    assert taken.messages[0]["Reply-To"] == ADA
    assert all(evil in taken.messages[0].get_content() for evil in EVIL)
