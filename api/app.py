"""The Falcon app, built from its parts."""

import logging
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

import falcon
from falcon import Request, Response

from api.config import Config
from api.database import Database, open_pool
from api.error_responses import add_error_handlers
from api.errors import Forbidden
from api.health.actions import DatabaseProbe
from api.images.decoder import Decoder
from api.images.store import Store
from api.pages.own_pages import OwnPages
from api.pages.tombstones import Tombstones
from api.pages.waiting import LiveWaiter
from api.routes import add_routes
from api.rules.actions import Parts as RuleParts
from api.sign_in.actions import cookie_name, find_person, send_link
from api.uploads.actions import Parts as UploadParts

THREADS = 8
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
    store: Store
    decoder: Decoder

    def close(self) -> None:
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
        store=Store(config.uploads),
        decoder=Decoder(places=THREADS // 2),
    )


def create_app(parts: Parts) -> WSGIApplication:
    middleware: list[Any] = [RequestId(), OwnSiteOnly(parts.config.origin), NeverStored()]
    app = falcon.App(middleware=middleware)
    app.req_options.strip_url_path_trailing_slash = True
    add_error_handlers(app, parts.own_pages)
    find_by_token = partial(find_person, database=parts.database, config=parts.config)
    cookie = cookie_name(parts.config)
    add_routes(
        app,
        config=parts.config,
        database=parts.database,
        own_pages=parts.own_pages,
        probe=parts.probe,
        rule_parts=RuleParts(parts.database, parts.waiter, parts.tombstones),
        upload_parts=UploadParts(parts.database, parts.store, parts.decoder),
        authenticate=lambda cookies: find_by_token(token=cookies.get(cookie)),
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


class NeverStored:
    """Answers of the API are about one person at one moment."""

    def process_response(self, req: Request, resp: Response, resource: Any, req_succeeded: bool) -> None:
        if not resp.get_header("Cache-Control"):
            resp.set_header("Cache-Control", "no-store")
