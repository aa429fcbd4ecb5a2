"""HTTP in and out: magic links and sessions."""

from datetime import UTC, datetime
from typing import Any

import falcon
from falcon import Request, Response

from api.config import Config
from api.database import Database
from api.errors import Invalid, LinkExpired
from api.pages.own_pages import OwnPages
from api.people import Person
from api.sign_in import actions
from api.sign_in.bodies import LinkConsumption, LinkRequest
from api.wire import FORM_BYTES, is_form, parse_form, read_body, to_json

COOKIE_SECONDS = actions.SESSION_DAYS * 86400


class _SignIn:
    def __init__(self, *, database: Database, config: Config, own_pages: OwnPages) -> None:
        self._database, self._config, self._own_pages = database, config, own_pages

    def _parts(self) -> dict[str, Any]:
        return {"database": self._database, "config": self._config}

    def _set_cookie(
        self, resp: Response, value: str, *, max_age: int | None = None, expires: datetime | None = None
    ) -> None:
        """A browser lets go of a `__Host-` cookie only when it is told with the same attributes."""
        resp.set_cookie(
            actions.cookie_name(self._config),
            value,
            max_age=max_age,
            expires=expires,
            secure=self._config.origin.startswith("https:"),
            http_only=True,
            same_site="Lax",
            path="/",
        )

    def _token(self, req: Request) -> str | None:
        return req.cookies.get(actions.cookie_name(self._config))


class MagicLinkRequest(_SignIn):
    def on_post(self, req: Request, resp: Response) -> None:
        """Send a link. The answer is the same for every address."""
        raw = req.bounded_stream.read(FORM_BYTES + 1)
        if is_form(req.content_type):
            self._answer_form(parse_form(raw, req.content_type), resp)
            return
        body = read_body(LinkRequest, raw, req.content_type)
        actions.send_link(**self._parts(), email=body.email, next=body.next)
        resp.text = to_json({"ok": True})

    def _answer_form(self, form: dict[str, str], resp: Response) -> None:
        email = form.get("email", "")
        try:
            actions.send_link(**self._parts(), email=email, next=form.get("next", actions.HOME))
        except Invalid as problem:
            resp.status = falcon.HTTP_400
            resp.content_type = falcon.MEDIA_HTML
            resp.text = self._own_pages.render("sign_in.html", "Sign in", email=email, error=problem.message)
            return
        resp.content_type = falcon.MEDIA_HTML
        resp.text = self._own_pages.message(
            "Look at your inbox",
            [
                "If that is your address, a mail with a link is on its way. The link works for ten minutes.",
                "You can close this page: the link brings you back.",
            ],
        )


class MagicLinkVerification(_SignIn):
    def __init__(self, *, keep_carried: actions.KeepCarried, **parts: Any) -> None:
        super().__init__(**parts)
        self._keep_carried = keep_carried

    def on_get(self, req: Request, resp: Response) -> None:
        """A page with a button. Mail scanners open links, so looking consumes nothing."""
        resp.content_type = falcon.MEDIA_HTML
        token = req.get_param("token") or ""
        try:
            email = actions.look_at_link(**self._parts(), token=token)
        except LinkExpired as problem:
            self._answer_expired(resp, problem)
            return
        resp.text = self._own_pages.render("verify.html", "Sign in", email=email, token=token)

    def on_post(self, req: Request, resp: Response) -> None:
        """Consume the link and start a session."""
        raw = req.bounded_stream.read(FORM_BYTES + 1)
        form = is_form(req.content_type)
        if form:
            token = parse_form(raw, req.content_type).get("token", "")
        else:
            token = read_body(LinkConsumption, raw, req.content_type).token
        try:
            entry = actions.consume_link(**self._parts(), token=token, keep_carried=self._keep_carried)
        except LinkExpired as problem:
            if not form:
                raise
            resp.content_type = falcon.MEDIA_HTML
            self._answer_expired(resp, problem)
            return
        self._set_cookie(resp, entry.token, max_age=COOKIE_SECONDS)
        if form:
            raise falcon.HTTPSeeOther(entry.next)
        resp.text = to_json({"ok": True, "next": entry.next})

    def _answer_expired(self, resp: Response, problem: LinkExpired) -> None:
        resp.status = falcon.HTTP_400
        resp.text = self._own_pages.message(
            "This link no longer works", [problem.message], action=("Ask for a new link", "/sign-in/")
        )


class Session(_SignIn):
    def on_get(self, req: Request, resp: Response) -> None:
        person = actions.find_person(**self._parts(), token=self._token(req))
        resp.text = to_json({"user": _plain(person) if person else None})


class Logout(_SignIn):
    def on_post(self, req: Request, resp: Response) -> None:
        """End this browser's session; the cookie goes even if the session was gone."""
        actions.end_session(**self._parts(), token=self._token(req))
        self._set_cookie(resp, "", expires=datetime.fromtimestamp(0, UTC))
        if is_form(req.content_type):
            raise falcon.HTTPSeeOther("/")
        resp.text = to_json({"ok": True})


def _plain(person: Person) -> dict[str, str]:
    return {"id": str(person.id), "email": person.email}
