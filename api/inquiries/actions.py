"""What can be done here: send a question to the organizers' inbox."""

import hashlib

from api.config import Config
from api.database import Database
from api.errors import Misconfigured, RateLimited
from api.inquiries import queries
from api.mail.outbox import post
from api.rate_limits import HOUR

MAIL_DAYS = 7  # how long a mail server may be away before a question is given up

MAIL = """Hello,

{email} asks:

{message}

An answer to this mail goes to them. Nobody has checked that the address is theirs.

Sent through the form “Ask an organizer” of CommunityRule, {origin}
"""


def send_inquiry(*, database: Database, config: Config, email: str, message: str, company: str) -> None:
    """Keep the question and queue its mail, in one transaction. A double click is one mail."""
    inbox = require_inbox(config)
    if company.strip():
        return  # a program that fills in every field; it gets the same answer as everybody
    with database.transaction() as connection:
        sha256 = hashlib.sha256(f"{email}\n{message}".encode()).digest()
        if not queries.add_inquiry(connection, email=email, message=message, sha256=sha256):
            return
        queued = post(
            connection,
            to=inbox,
            subject=f"A question from {email}",
            text=MAIL.format(email=email, message=message, origin=config.origin),
            seconds=MAIL_DAYS * 86400,
            kind="inquiry",
            reply_to=email,
        )
        if not queued:
            raise RateLimited(
                "More questions have come in than can be passed on right now. Please try again in an hour.",
                seconds=HOUR,
            )


def require_inbox(config: Config) -> str:
    if not config.organizer_inquiry_to:
        raise Misconfigured("Nobody can be asked on this site: ORGANIZER_INQUIRY_TO is missing.")
    return config.organizer_inquiry_to
