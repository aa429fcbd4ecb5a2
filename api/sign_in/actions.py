"""What sign-in does: send a link, look at it, consume it; find and end sessions."""

import hashlib
import hmac
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from api.config import Config
from api.database import Database, Transaction
from api.errors import LinkExpired, Misconfigured
from api.mail.outbox import post
from api.people import Person, clean_email
from api.sign_in import queries

LINK_MINUTES = 10
SESSION_DAYS = 30
# Where a link may lead: a plain path of this site with plain parameters. No `//`, no backslash, no `%`, no control.
NEXT = re.compile(
    r"/(?:[a-z0-9][a-z0-9._-]*/)*(?:[a-z0-9][a-z0-9._-]*)?(?:\?[a-z]+=[a-z0-9-]+(?:&[a-z]+=[a-z0-9-]+)*)?"
)
HOME = "/profile/"

LINK_MAIL = """Hello,

somebody, probably you, asked to sign in to CommunityRule with this address.
Open this link and press the button on the page. It works once, for {minutes} minutes.

{link}

If it was not you, do nothing: without the link nobody gets in.

CommunityRule, {origin}
"""


# `drafts.actions.keep_carried`: a draft that travelled with a link becomes a new one of this person; returns its id.
KeepCarried = Callable[[Transaction, int, Mapping[str, Any]], int]


@dataclass(frozen=True, slots=True)
class Entry:
    """A session that has just started: its token, for the cookie, and where to go."""

    token: str
    next: str


def send_link(
    *, database: Database, config: Config, email: str, next: str, draft: dict[str, Any] | None = None
) -> None:
    """Queue a mail with a one-use link. A draft that travels with it becomes a new draft when the link is consumed, or
    a later one to the same address, also when the ceiling on mail lets no mail out now."""
    address, secret = clean_email(email), _secret(config)
    if config.cloudron and not (config.smtp and config.smtp_from):
        raise Misconfigured("No mail can be sent: the mail addon or SMTP_FROM is missing.")
    token = secrets.token_urlsafe(32)
    link = f"{config.origin}/api/auth/magic-link/verify?token={quote(token)}"
    text = LINK_MAIL.format(link=link, minutes=LINK_MINUTES, origin=config.origin)
    with database.transaction() as connection:
        queries.add_link(
            connection,
            hmac=_hmac(secret, "link", token),
            email=address,
            next=safe_next(next),
            draft=draft,
            minutes=LINK_MINUTES,
        )
        # Whether a ceiling is reached is nobody's business but the address's owner's: the answer is the same.
        post(connection, to=address, subject="Your link to sign in", text=text, seconds=LINK_MINUTES * 60, kind="link")


def look_at_link(*, database: Database, config: Config, token: str) -> str:
    """The address that a link signs in, without consuming it. LinkExpired when it cannot be used."""
    with database.connection() as connection:
        link = queries.find_link(connection, _hmac(_secret(config), "link", token))
    if link is None:
        raise LinkExpired("This link has been used already, or it is older than ten minutes.")
    return link.email


def consume_link(*, database: Database, config: Config, token: str, keep_carried: KeepCarried) -> Entry:
    """Use the link up and start a session, in one transaction; drafts that travelled to this address are kept."""
    secret = _secret(config)
    session = secrets.token_urlsafe(32)
    with database.transaction() as connection:
        link = queries.consume_link(connection, _hmac(secret, "link", token))
        if link is None:
            raise LinkExpired("This link has been used already, or it is older than ten minutes.")
        person = queries.find_or_add_person(connection, link.email)
        for draft in queries.take_drafts(connection, link.email):
            keep_carried(connection, person.id, draft)
        next = link.next
        if link.draft:
            next = f"/api/create/plain?draft={keep_carried(connection, person.id, link.draft)}"
        queries.add_session(connection, hmac=_hmac(secret, "session", session), person_id=person.id, days=SESSION_DAYS)
    return Entry(session, next)


def find_person(*, database: Database, config: Config, token: str | None) -> Person | None:
    """Who a session's token belongs to. Without a secret nobody is signed in."""
    if not token or not config.session_secret:
        return None
    with database.connection() as connection:
        return queries.find_session(connection, _hmac(config.session_secret, "session", token))


def end_session(*, database: Database, config: Config, token: str | None) -> None:
    if token and config.session_secret:
        with database.connection() as connection:
            queries.end_session(connection, _hmac(config.session_secret, "session", token))


def safe_next(value: str) -> str:
    """The path if it is one of ours, else the list of one's own rules."""
    return value if NEXT.fullmatch(value) else HOME


def cookie_name(config: Config) -> str:
    """`__Host-` binds the cookie to this host and to https; a browser refuses that prefix on http://localhost."""
    return "__Host-session" if config.origin.startswith("https:") else "session"


def _secret(config: Config) -> str:
    if not config.session_secret:
        raise Misconfigured("Signing in is not possible: SESSION_SECRET is missing.")
    return config.session_secret


def _hmac(secret: str, kind: str, token: str) -> bytes:
    """Tokens are 256 random bits, so a keyed hash is enough; each kind has its own domain."""
    return hmac.new(secret.encode(), f"{kind}:{token}".encode("utf-8", "replace"), hashlib.sha256).digest()
