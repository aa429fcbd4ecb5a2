"""HTTP in and out: ask an organizer, as JSON and as a form."""

import falcon
from falcon import Request, Response

from api.config import Config
from api.database import Database
from api.errors import DatabaseAway, Invalid, Misconfigured, Problem, RateLimited
from api.inquiries import actions
from api.inquiries.bodies import Inquiry
from api.pages.own_pages import OwnPages
from api.wire import FORM_BYTES, is_form, parse_form, read_body, read_form, to_json

# What the form comes back with, and with everything that was typed.
FORM_STATUSES: dict[type[Problem], str] = {
    Invalid: falcon.HTTP_400,
    RateLimited: falcon.HTTP_429,
    Misconfigured: falcon.HTTP_500,
    DatabaseAway: falcon.HTTP_503,
}


class OrganizerInquiry:
    def __init__(self, *, database: Database, config: Config, own_pages: OwnPages) -> None:
        self._database, self._config, self._own_pages = database, config, own_pages

    def on_get(self, req: Request, resp: Response) -> None:
        """The form. Where nobody reads it, it says so before anything is typed."""
        actions.require_inbox(self._config)
        self._show_form(resp, {}, None)

    def on_post(self, req: Request, resp: Response) -> None:
        raw = req.bounded_stream.read(FORM_BYTES + 1)
        if not is_form(req.content_type):
            self._send(read_body(Inquiry, raw, req.content_type))
            resp.text = to_json({"ok": True})
            return
        form = parse_form(raw, req.content_type)
        try:
            inquiry = read_form(Inquiry, form)
            self._send(inquiry)
        except tuple(FORM_STATUSES) as problem:
            resp.status = FORM_STATUSES[type(problem)]
            if isinstance(problem, RateLimited):
                resp.set_header("Retry-After", str(problem.seconds))
            self._show_form(resp, form, problem)
            return
        resp.content_type = falcon.MEDIA_HTML
        resp.text = self._own_pages.render(
            "message.html",
            "Your question is on its way",
            current="",
            heading="Your question is on its way",
            lines=[
                "It goes to the inbox of the organizers who look after this site.",
                f"If they can help, they write to {inquiry.email}. We cannot promise by when. Is that address mistyped?"
                " Then send your question once more, with the right one.",
            ],
            action={"label": "To the start page", "address": "/"},
            refresh=0,
        )

    def on_limited(self, req: Request, resp: Response, problem: RateLimited) -> None:
        self._show_form(resp, parse_form(req.bounded_stream.read(FORM_BYTES + 1), req.content_type), problem)

    def _send(self, inquiry: Inquiry) -> None:
        actions.send_inquiry(
            database=self._database,
            config=self._config,
            email=inquiry.email,
            message=inquiry.message,
            company=inquiry.company,
        )

    def _show_form(self, resp: Response, form: dict[str, str], problem: Problem | None) -> None:
        errors = (problem.details or {}).get("fieldErrors", {}) if problem else {}
        resp.content_type = falcon.MEDIA_HTML
        resp.text = self._own_pages.render(
            "organizer_inquiry.html",
            "Ask an organizer",
            current="",
            email=form.get("email", ""),
            message=form.get("message", ""),
            errors={name: f"This {words[0]}." for name, words in errors.items()},
            problem=problem.message if problem and not errors else "",
        )
