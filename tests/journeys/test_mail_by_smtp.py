"""Mail goes out by real SMTP, as Cloudron has it: a plain port that wants a name and a password."""

import time
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

from tests.support.running_site import LINK, RunningSite, free_port, wait_until

NAME, PASSWORD = "app", "p@ss:w/rd%"


class Inbox:
    """What the server took."""

    def __init__(self) -> None:
        self.messages: list[EmailMessage] = []
        self.senders: list[str] = []

    async def handle_DATA(self, server: object, session: object, envelope: object) -> str:
        self.messages.append(message_from_bytes(envelope.content, policy=policy.default))  # type: ignore[arg-type,attr-defined]
        self.senders.append(envelope.mail_from)  # type: ignore[attr-defined]
        return "250 OK"


def authenticate(server: object, session: object, envelope: object, mechanism: str, data: object) -> AuthResult:
    good = data.login == NAME.encode() and data.password == PASSWORD.encode()  # type: ignore[attr-defined]
    return AuthResult(success=good)


@pytest.fixture
def mail_server(fresh_site: RunningSite) -> Iterator[tuple[Controller, Inbox]]:
    inbox = Inbox()
    options = {"authenticator": authenticate, "auth_required": True, "auth_require_tls": False}
    server = Controller(inbox, hostname="127.0.0.1", port=free_port(), **options)
    fresh_site.environment |= {
        "CLOUDRON_MAIL_SMTP_SERVER": "127.0.0.1",
        "CLOUDRON_MAIL_SMTP_PORT": str(server.port),
        "CLOUDRON_MAIL_SMTP_USERNAME": NAME,
        "CLOUDRON_MAIL_SMTP_PASSWORD": PASSWORD,
        "SMTP_FROM": "Community Rule <hello@communityrule.info>",
    }
    yield server, inbox
    server.stop()


def test_a_link_arrives_and_works(fresh_site: RunningSite, mail_server: tuple[Controller, Inbox]) -> None:
    server, inbox = mail_server
    server.start()
    fresh_site.start()
    client = fresh_site.client()
    assert client.send("POST", "/api/auth/magic-link/request", {"email": "ada@example.org"}).status == 200
    wait_until(lambda: inbox.messages)
    message = inbox.messages[0]
    assert message["To"] == "ada@example.org"
    assert message["From"] == "Community Rule <hello@communityrule.info>"
    assert message["Message-ID"]
    assert message["Date"]
    link = LINK.search(message.get_content())
    assert link is not None
    assert link[0].startswith(fresh_site.origin)
    token = link[0].split("token=")[1]
    assert client.form("/api/auth/magic-link/verify", {"token": token}).status == 303
    assert client.get("/api/auth/session").json["user"]["email"] == "ada@example.org"
    # Nothing is printed when there is a server, and the text is not kept once it is sent.
    assert token not in fresh_site.output()
    time.sleep(0.2)
    assert len(inbox.messages) == 1


def test_a_server_that_is_away_gets_it_later(fresh_site: RunningSite, mail_server: tuple[Controller, Inbox]) -> None:
    server, inbox = mail_server
    fresh_site.start()
    answer = fresh_site.client().send("POST", "/api/auth/magic-link/request", {"email": "ada@example.org"})
    assert answer.status == 200
    wait_until(lambda: "trying again later" in fresh_site.output())
    assert "token=" not in fresh_site.output()
    server.start()
    wait_until(lambda: inbox.messages, 20)
    assert len(inbox.messages) == 1
