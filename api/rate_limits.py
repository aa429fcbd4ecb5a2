"""How often is too often: every limit on this one screen, and the counting behind it.

Requests are counted in memory, or on a shared server when `RATE_LIMIT_URL` names one. Mail is counted in PostgreSQL,
because a ceiling on mail must hold over restarts: `mail.outbox` does that with the `MAIL_CEILINGS` below. No feature
knows of the limits on requests: the app looks each route up here.

Why these numbers, and why a lost server stops nobody: docs/decisions/0012-limits.md.
"""

import logging
import math
import re
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv6Address, ip_address
from typing import Literal, TypeVar

from limits import RateLimitItem, RateLimitItemPerSecond
from limits.errors import StorageError
from limits.storage import MemoryStorage, RedisStorage
from limits.strategies import MovingWindowRateLimiter
from redis import ConnectionPool
from redis.backoff import NoBackoff
from redis.retry import Retry

from api.errors import RateLimited

MINUTE, HOUR, DAY = 60, 3600, 86400

KEY_PREFIX = "communityrule:moving"  # one per strategy: keys of another kind under the same name would be an error
SERVER_SECONDS = 0.25  # how long a request waits for the shared server
AWAY_SECONDS = 10.0  # how long a server that did not answer is left alone
IPV6_NETWORK = 64  # the bits of an address that one household or office has

T = TypeVar("T")

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `amount` of `what` within `seconds`, from one client or one person. Routes that name the same `what`
    share one count. A try counts when it is made; a success when it was answered as one, so that nobody is locked out
    for mistakes in a form."""

    what: str
    whose: Literal["client", "person"]
    counts: Literal["tries", "successes"]
    amount: int
    seconds: int

    @property
    def item(self) -> RateLimitItem:
        return RateLimitItemPerSecond(self.amount, self.seconds, namespace=self.what.replace(" ", "-"))


LINKS = (
    Limit("requests for a link", "client", "tries", 80, 5 * MINUTE),
    Limit("requests for a link", "client", "tries", 400, DAY),
)
SIGN_INS = (Limit("attempts to sign in", "client", "tries", 120, 5 * MINUTE),)
FORMS = (Limit("posted forms", "client", "tries", 300, HOUR),)
VERSIONS = (Limit("published versions", "person", "successes", 60, DAY),)
INVITATIONS = (Limit("invitations", "person", "successes", 100, DAY),)
UPLOADS = (Limit("files", "person", "successes", 60, DAY),)
ADDRESSES = (
    Limit("changes of address", "person", "successes", 5, DAY),
    Limit("changes of address", "client", "successes", 20, DAY),
)
MESSAGES = (Limit("messages", "client", "successes", 6, HOUR),)
REPORTS = (Limit("reports", "client", "successes", 10, HOUR),)
MEASUREMENTS = (Limit("measurements", "client", "tries", 240, MINUTE),)

# `{}` stands for any parameter of a route.
LIMITS: dict[str, tuple[Limit, ...]] = {
    "POST /api/auth/magic-link/request": LINKS,
    "POST /api/auth/magic-link/verify": SIGN_INS,
    "POST /api/create/plain": FORMS + VERSIONS,
    "POST /api/create/draft": FORMS,
    "POST /api/rules": VERSIONS,
    "PATCH /api/rules/{}": VERSIONS,
    "POST /api/rules/{}/stakeholders": INVITATIONS,
    "POST /api/rules/{}/stakeholders/{}/resend": INVITATIONS,
    "POST /api/uploads": UPLOADS,
    "POST /api/user/email-change/request": ADDRESSES,
    "POST /api/organizer-inquiry": MESSAGES,
    "POST /api/reports": REPORTS,
    "POST /api/web-vitals": MEASUREMENTS,
}


@dataclass(frozen=True, slots=True)
class MailCeiling:
    """How many mails of one kind are sent: to one address within an hour, for one person and in all within a day."""

    recipient: int
    person: int
    site: int


MAIL_CEILINGS: dict[str, MailCeiling] = {
    "link": MailCeiling(recipient=10, person=100, site=5000),
    "notice": MailCeiling(recipient=10, person=100, site=3000),
    "inquiry": MailCeiling(recipient=40, person=100, site=200),
    "report": MailCeiling(recipient=40, person=100, site=200),
}


@dataclass(frozen=True, slots=True)
class Use:
    """One request seen by one limit; `key` says whose it is."""

    limit: Limit
    key: str


@lru_cache(maxsize=256)  # methods are what a client makes up
def limits_of(method: str, template: str) -> tuple[Limit, ...]:
    """The limits of a route, by its method and its template as it stands in `routes.py`."""
    return LIMITS.get(f"{method} {re.sub(r'{[^}]*}', '{}', template)}", ())


def client_key(address: str) -> str:
    """What one client is known by: its IPv4 address, or the network of its IPv6 address."""
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return "unknown"
    if not isinstance(found, IPv6Address):
        return str(found)
    if found.ipv4_mapped:
        return str(found.ipv4_mapped)
    return f"{IPv6Address(int(found) >> 128 - IPV6_NETWORK << 128 - IPV6_NETWORK)}/{IPV6_NETWORK}"


class Limiter:
    """Counts uses. While the shared server is away it counts in memory: a lost server must not stop people, and what
    this process has seen still holds. That is said once when it begins and once when it ends."""

    def __init__(self, url: str) -> None:
        self._memory = MovingWindowRateLimiter(MemoryStorage())
        self._pool = _open_pool(url) if url else None
        self._server = MovingWindowRateLimiter(_server_storage(url, self._pool)) if self._pool else None
        self._away = False
        self._ask_again = 0.0

    def close(self) -> None:
        if self._pool is not None:
            self._pool.disconnect()

    def admit(self, uses: Iterable[Use]) -> None:
        """Raise RateLimited when one of them is used up; else count the tries. All are looked at before any counts, so
        that one refusal does not use up another limit, and the wait that is told is the longest."""
        waits = [(self._seconds_until_free(use), use) for use in uses]
        seconds, longest = max(waits, key=lambda row: row[0], default=(0.0, None))
        if longest is not None and seconds > 0:
            raise _refusal(longest, seconds)
        for _, use in waits:
            if use.limit.counts == "tries" and not self._hit(use):  # somebody took the last place in between
                raise _refusal(use, self._seconds_until_free(use))

    def count_successes(self, uses: Iterable[Use]) -> None:
        for use in uses:
            if use.limit.counts == "successes":
                self._hit(use)

    def _hit(self, use: Use) -> bool:
        return self._ask(lambda counter: counter.hit(use.limit.item, use.limit.whose, use.key))

    def _seconds_until_free(self, use: Use) -> float:
        """0 when there is room now."""

        def ask(counter: MovingWindowRateLimiter) -> float:
            found = counter.get_window_stats(use.limit.item, use.limit.whose, use.key)
            return 0.0 if found.remaining > 0 else max(0.001, found.reset_time - time.time())

        return self._ask(ask)

    def _ask(self, ask: Callable[[MovingWindowRateLimiter], T]) -> T:
        if self._server is None or (self._away and time.monotonic() < self._ask_again):
            return ask(self._memory)
        self._ask_again = time.monotonic() + AWAY_SECONDS  # one request finds out whether it is back, not all at once
        try:
            answer = ask(self._server)
        except StorageError as error:
            if not self._away:
                kind = type(error.storage_error).__name__
                log.warning("the server of RATE_LIMIT_URL is away (%s); requests are counted in memory", kind)
            self._away = True
            return ask(self._memory)
        if self._away:
            log.warning("the server of RATE_LIMIT_URL is back")
        self._away = False
        return answer


def _open_pool(url: str) -> ConnectionPool:
    return ConnectionPool.from_url(
        url,
        socket_timeout=SERVER_SECONDS,
        socket_connect_timeout=SERVER_SECONDS,
        retry=Retry(NoBackoff(), 0),
    )


def _server_storage(url: str, pool: ConnectionPool) -> RedisStorage:
    return RedisStorage(url, connection_pool=pool, key_prefix=KEY_PREFIX, wrap_exceptions=True)


def _refusal(use: Use, seconds: float) -> RateLimited:
    log.info("refused: more than %d %s within %d s", use.limit.amount, use.limit.what, use.limit.seconds)
    source = {"client": "address", "person": "person"}[use.limit.whose]
    window, wait = duration(use.limit.seconds), duration(seconds)
    return RateLimited(
        f"That is enough for now: this site takes {use.limit.amount} {use.limit.what} within {window} from one"
        f" {source}. Please try again in {wait}.",
        seconds=seconds,
    )


def duration(seconds: float) -> str:
    """In words, rounded up."""
    size, word = next((row for row in ((HOUR, "hour"), (MINUTE, "minute")) if seconds > row[0] * 0.999), (1, "second"))
    count = max(1, math.ceil(seconds / size - 0.001))
    return f"{count} {word}" if count == 1 else f"{count} {word}s"
