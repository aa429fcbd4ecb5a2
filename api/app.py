"""The Falcon app, built from its parts."""

import logging
import re
import secrets
import threading
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

import falcon
from falcon import Request, Response

from api.config import Config
from api.database import Database, open_pool
from api.drafts.actions import DraftKeeper, keep_carried, spend_draft
from api.error_responses import add_error_handlers
from api.errors import DatabaseAway, Forbidden, RateLimited
from api.health.actions import DatabaseProbe
from api.images.decoder import Decoder
from api.images.store import Store
from api.pages.own_pages import OwnPages
from api.pages.tombstones import Tombstones
from api.pages.waiting import LiveWaiter
from api.people import Person
from api.rate_limits import Limiter, Use, client_key, limits_of
from api.routes import add_routes
from api.rules.actions import Parts as RuleParts
from api.sign_in.actions import cookie_name, find_person, send_link
from api.uploads.actions import Parts as UploadParts
from api.wire import is_form

THREADS = 16
REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
# What a browser sends to another site without asking that site first.
SIMPLE_TYPES = ("", "text/plain", "multipart/form-data", "application/x-www-form-urlencoded")

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Parts:
    """What the app is made of. `open_parts` makes the real ones."""

    config: Config
    database: Database
    waiter: LiveWaiter
    probe: DatabaseProbe
    own_pages: OwnPages
    tombstones: Tombstones
    limiter: Limiter
    store: Store
    decoder: Decoder

    def close(self) -> None:
        self.limiter.close()
        self.waiter.stop()
        self.probe.close()
        self.database.close()


def open_parts(config: Config) -> Parts:
    database = Database(open_pool(config.database_url, size=THREADS + 1) if config.database_url else None)
    waiter = LiveWaiter(config.database_url, places=THREADS // 2)
    if config.database_url:
        waiter.start()
    return Parts(
        config=config,
        database=database,
        waiter=waiter,
        probe=DatabaseProbe(database),
        own_pages=OwnPages(config),
        tombstones=Tombstones(config.build),
        limiter=Limiter(config.rate_limit_url),
        store=Store(config.uploads),
        decoder=Decoder(places=THREADS // 2),
    )


def create_app(parts: Parts) -> WSGIApplication:
    authenticate = AskedOnce(parts)
    limits = RateLimits(parts.limiter, authenticate, parts.config.operator_emails)
    middleware: list[Any] = [RequestId(), OwnSiteOnly(parts.config.origin), limits, NeverStored()]
    app = falcon.App(middleware=middleware)
    app.req_options.strip_url_path_trailing_slash = True
    add_error_handlers(app, parts.own_pages)
    add_routes(
        app,
        config=parts.config,
        database=parts.database,
        own_pages=parts.own_pages,
        probe=parts.probe,
        rule_parts=RuleParts(parts.database, parts.waiter, parts.tombstones, spend_draft),
        upload_parts=UploadParts(parts.database, parts.store, parts.decoder),
        drafts=DraftKeeper(database=parts.database, saves=parts.config.server_drafts),
        keep_carried=keep_carried,
        authenticate=authenticate,
        send_link=partial(send_link, database=parts.database, config=parts.config),
    )
    return head_as_get(app)


def head_as_get(app: WSGIApplication) -> WSGIApplication:
    """HEAD is GET without the body: no resource need know it."""

    def answer(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] != "HEAD":
            return app(environ, start_response)
        body = app({**environ, "REQUEST_METHOD": "GET"}, start_response)
        if hasattr(body, "close"):
            body.close()
        return [b""]

    return answer


class AskedOnce:
    """Who a request's cookies belong to. The limits ask before a resource does: the database is asked once for both,
    and a database that is away is waited for once."""

    def __init__(self, parts: Parts) -> None:
        self._find = partial(find_person, database=parts.database, config=parts.config)
        self._cookie = cookie_name(parts.config)
        self._last = threading.local()

    def __call__(self, cookies: Mapping[str, str]) -> Person | None:
        if getattr(self._last, "cookies", None) is not cookies:
            self._last.cookies, self._last.person, self._last.away = cookies, None, False
            try:
                self._last.person = self._find(token=cookies.get(self._cookie))
            except DatabaseAway:
                self._last.away = True
        if self._last.away:
            raise DatabaseAway
        person: Person | None = self._last.person
        return person


class RequestId:
    """An id for each request, the caller's own when it is harmless; log lines and the answer carry it."""

    def process_request(self, req: Request, resp: Response) -> None:
        given = req.get_header("X-Request-Id") or ""
        req.context.id = given if REQUEST_ID.fullmatch(given) else secrets.token_hex(8)
        resp.set_header("X-Request-Id", req.context.id)


class OwnSiteOnly:
    """Requests that change something come from this site, or from a program. See docs/decisions on forgery."""

    def __init__(self, origin: str) -> None:
        self._origin = origin

    def process_request(self, req: Request, resp: Response) -> None:
        if req.method in SAFE_METHODS:
            return
        site, origin = req.get_header("Sec-Fetch-Site"), req.get_header("Origin")
        if site is not None:
            allowed = site in ("same-origin", "none")
        elif origin is not None:
            allowed = origin == self._origin
        else:
            kind = (req.content_type or "").partition(";")[0].strip().lower()
            allowed = req.method != "POST" or kind not in SIMPLE_TYPES
        if not allowed:
            raise Forbidden("This request did not come from this site.")


class RateLimits:
    """What is asked for too often is refused, by the table of `rate_limits`, before a resource hears of it.

    A resource with a form may have `on_limited(req, resp, problem)`, which gives back what was typed. Operators publish
    without a limit of their own: they move whole libraries.
    """

    def __init__(
        self,
        limiter: Limiter,
        authenticate: Callable[[Mapping[str, str]], Person | None],
        operator_emails: frozenset[str],
    ) -> None:
        self._limiter, self._authenticate, self._operator_emails = limiter, authenticate, operator_emails

    def process_resource(self, req: Request, resp: Response, resource: Any, params: Any) -> None:
        uses = req.context.uses = self._uses(req)
        try:
            self._limiter.admit(uses)
        except RateLimited as problem:
            if not (is_form(req.content_type) and hasattr(resource, "on_limited")):
                raise
            resp.status = falcon.HTTP_429
            resp.set_header("Retry-After", str(problem.seconds))
            resource.on_limited(req, resp, problem)
            resp.complete = True

    def process_response(self, req: Request, resp: Response, resource: Any, req_succeeded: bool) -> None:
        if resp.status_code < 400:
            self._limiter.count_successes(getattr(req.context, "uses", ()))

    def _uses(self, req: Request) -> list[Use]:
        limits = limits_of(req.method, req.uri_template or "")
        keys = {"client": client_key(req.remote_addr)}
        if any(limit.whose == "person" for limit in limits):
            with suppress(DatabaseAway):  # the resource meets that too, and can give back what was typed
                person = self._authenticate(req.cookies)
                if person and person.email not in self._operator_emails:
                    keys["person"] = str(person.id)
        return [Use(limit, keys[limit.whose]) for limit in limits if limit.whose in keys]


class NeverStored:
    """Answers of the API are about one person at one moment."""

    def process_response(self, req: Request, resp: Response, resource: Any, req_succeeded: bool) -> None:
        if not resp.get_header("Cache-Control"):
            resp.set_header("Cache-Control", "no-store")
