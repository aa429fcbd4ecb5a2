"""The outbox: a mail is a job, inserted in the transaction that creates what it tells of.

The ceilings of `rate_limits` are held here, by rows, so that restarts and several API processes agree. They are read
without a lock: as many mails as are queued at the very same moment may pass them, and nobody waits for anybody.
"""

import hashlib
import logging
import secrets

from api.database import Transaction
from api.jobs.queries import add_job
from api.mail import queries
from api.mail.queries import QueuedCounts
from api.rate_limits import MAIL_CEILINGS, MailCeiling

log = logging.getLogger(__name__)


def post(
    connection: Transaction,
    *,
    to: str,
    subject: str,
    text: str,
    seconds: int,
    kind: str = "notice",
    by: int | None = None,
    reply_to: str = "",
) -> bool:
    """Queue a mail; False when a ceiling is reached, and then nothing is queued. It is given up `seconds` from now,
    when what it says would be of no use. `by` is the id of the person on whose behalf it is sent."""
    recipient = _recipient(to)
    counts = queries.queued_counts(connection, kind=kind, recipient=recipient, person_id=by)
    if reached := _reached(MAIL_CEILINGS[kind], counts):
        log.warning("a mail (%s) was not queued: the ceiling %s is reached", kind, reached)
        return False
    queries.note_queued(connection, kind=kind, recipient=recipient, person_id=by)
    payload = {"to": to, "subject": subject, "text": text, "seconds": seconds, "key": secrets.token_hex(16)}
    add_job(connection, "mail", payload={**payload, "reply_to": reply_to} if reply_to else payload)
    return True


def _reached(ceiling: MailCeiling, counts: QueuedCounts) -> str:
    if counts.site >= ceiling.site:
        return "of the site per day"
    if counts.person >= ceiling.person:
        return "of one person per day"
    return "of one recipient per hour" if counts.recipient >= ceiling.recipient else ""


def _recipient(to: str) -> bytes:
    """What an address is counted as. Dots and plus signs open no second mailbox at most providers, so they open no
    second count either; mail itself goes to the address as it was given."""
    name, _, host = to.lower().rpartition("@")
    return hashlib.sha256(f"{name.partition('+')[0].replace('.', '')}@{host}".encode()).digest()
