"""What can be done here: report a rule."""

import hashlib

from api.config import Config
from api.database import Database
from api.errors import Misconfigured
from api.mail.outbox import post
from api.reports import queries

MAIL_DAYS = 7  # how long a mail server may be away before a mail is given up; the report itself stays

# The reasons as people read them, in the order of the form.
REASONS = {
    "private": "It shows private facts about somebody",
    "hostile": "It threatens or degrades people",
    "spam": "It is advertising, or no rule at all",
    "copied": "It copies a text that may not be copied",
    "other": "Something else",
}

MAIL = """Hello,

somebody reported a rule of CommunityRule.

{title}
{origin}/rules/{slug}/ ({state})

Reason: {reason}
{words}

{sender}

Report {number}, {origin}
"""


def report_rule(*, database: Database, config: Config, slug: str, reason: str, words: str, email: str) -> None:
    """Keep the report and queue one mail to the operators, in one transaction. The same report sent twice is one.

    Where there is no such rule nothing is kept, and the answer is the same: what exists can be seen at its own address
    only. A ceiling on mail does not lose a report: it is kept all the same.
    """
    operators = require_operators(config)
    sha256 = hashlib.sha256("\n".join((slug, reason, email, words)).encode()).digest()
    with database.transaction() as connection:
        rule = queries.find_rule(connection, slug)
        if rule is None:
            return
        number = queries.add_report(connection, slug=slug, reason=reason, words=words, sha256=sha256)
        if number is None:
            return
        text = MAIL.format(
            title=rule.title,
            origin=config.origin,
            slug=slug,
            state=rule.state,
            reason=REASONS[reason],
            words=f"\n{words}" if words else "They wrote nothing more.",
            sender=(
                f"An answer to this mail goes to {email}. Nobody has checked that the address is theirs."
                if email
                else "They left no address."
            ),
            number=number,
        )
        post(
            connection,
            to=operators,
            subject=f"Report {number}: {REASONS[reason]}",
            text=text,
            seconds=MAIL_DAYS * 86400,
            kind="report",
            reply_to=email,
        )


def require_operators(config: Config) -> str:
    """The operators as the receivers of one mail."""
    if not config.operator_emails:
        raise Misconfigured("Nobody reads reports on this site: OPERATOR_EMAILS is missing.")
    return ", ".join(sorted(config.operator_emails))
