"""The outbox: a mail is a job, inserted in the transaction that creates what it tells of."""

import secrets

from api.database import Transaction
from api.jobs.queries import add_job


def post(connection: Transaction, *, to: str, subject: str, text: str, seconds: int) -> None:
    """Queue a mail. It is given up `seconds` from now, when what it says would be of no use."""
    payload = {"to": to, "subject": subject, "text": text, "seconds": seconds, "key": secrets.token_hex(16)}
    add_job(connection, "mail", payload=payload)
