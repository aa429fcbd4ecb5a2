"""Two ways to send: SMTP, or printing for development. Both take the same `EmailMessage`."""

import smtplib
import sys
import time
from collections.abc import Mapping
from email.message import EmailMessage
from email.utils import format_datetime, localtime
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from api.config import Config, Smtp

SMTP_SECONDS = 10


class Mailer(Protocol):
    def send(self, message: EmailMessage) -> None:
        """Raise OSError or smtplib.SMTPException when it could not be handed over."""


class SmtpMailer:
    def __init__(self, smtp: Smtp) -> None:
        self._smtp = smtp

    def send(self, message: EmailMessage) -> None:
        with smtplib.SMTP(self._smtp.host, self._smtp.port, timeout=SMTP_SECONDS) as server:
            if self._smtp.username:
                server.login(self._smtp.username, self._smtp.password)
            server.send_message(message)


class PrintingMailer:
    """Development only: each mail on standard output and as a file in `$VAR_DIR/mail/`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def send(self, message: EmailMessage) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        file = self._folder / f"{time.strftime('%Y%m%d-%H%M%S')}-{time.monotonic_ns()}.eml"
        file.write_bytes(message.as_bytes())
        text = message.get_content()
        sys.stdout.write(f"--- mail to {message['To']}: {message['Subject']}\n{text}--- also in {file}\n")
        sys.stdout.flush()


class MissingMailer:
    """On Cloudron without its mail addon or `SMTP_FROM`: nothing is printed, the mail waits and is retried."""

    def send(self, message: EmailMessage) -> None:
        raise OSError("mail is not configured: the sendmail addon or SMTP_FROM is missing")


def open_mailer(config: Config) -> Mailer:
    if config.smtp and (config.smtp_from or not config.cloudron):
        return SmtpMailer(config.smtp)
    return MissingMailer() if config.cloudron else PrintingMailer(config.var / "mail")


def compose(payload: Mapping[str, str], config: Config) -> EmailMessage:
    """The message of an outbox job. Its Message-ID is the same at every try, so that a second delivery can be told."""
    message = EmailMessage()
    host = urlsplit(config.origin).hostname
    message["From"] = config.smtp_from or f"CommunityRule <noreply@{host}>"
    message["To"] = payload["to"]
    if payload.get("reply_to"):
        message["Reply-To"] = payload["reply_to"]
    message["Subject"] = payload["subject"]
    message["Date"] = format_datetime(localtime())
    message["Message-ID"] = f"<{payload['key']}@{host}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(payload["text"])
    return message
