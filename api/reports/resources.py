"""HTTP in and out: report a rule, as JSON and as a form."""

import re

import falcon
from falcon import Request, Response

from api.config import Config
from api.database import Database
from api.document.rule_document import ID
from api.errors import DatabaseAway, Invalid, Misconfigured, Problem, RateLimited
from api.pages.own_pages import OwnPages
from api.reports import actions
from api.reports.bodies import SLUG_LENGTH, Report
from api.wire import FORM_BYTES, is_form, parse_form, read_body, read_form, to_json

# What the form comes back with, and with everything that was typed.
FORM_STATUSES: dict[type[Problem], str] = {
    Invalid: falcon.HTTP_400,
    Misconfigured: falcon.HTTP_500,
    DatabaseAway: falcon.HTTP_503,
}


class _Reports:
    def __init__(self, *, database: Database, config: Config, own_pages: OwnPages) -> None:
        self._database, self._config, self._own_pages = database, config, own_pages

    def _show_form(self, resp: Response, form: dict[str, str], problem: Problem | None) -> None:
        errors = (problem.details or {}).get("fieldErrors", {}) if problem else {}
        if "rule" in errors or not _is_slug(form.get("rule", "")):
            raise Invalid("Which rule do you mean? Open its page and follow “Report this rule” at its end.")
        resp.content_type = falcon.MEDIA_HTML
        resp.text = self._own_pages.render(
            "report.html",
            "Report a rule",
            current="",
            rule=form["rule"],
            reasons=actions.REASONS,
            reason=form.get("reason", ""),
            words=form.get("words", ""),
            email=form.get("email", ""),
            errors={
                name: "Please choose one." if name == "reason" else f"This {words[0]}."
                for name, words in errors.items()
            },
            problem=problem.message if problem and not errors else "",
        )


class NewReport(_Reports):
    def on_get(self, req: Request, resp: Response) -> None:
        """The form, for any address that a rule can have: it does not look whether there is one."""
        actions.require_operators(self._config)
        self._show_form(resp, {"rule": req.get_param("rule") or ""}, None)


class Reports(_Reports):
    def on_post(self, req: Request, resp: Response) -> None:
        raw = req.bounded_stream.read(FORM_BYTES + 1)
        if not is_form(req.content_type):
            self._report(read_body(Report, raw, req.content_type))
            resp.text = to_json({"ok": True})
            return
        form = parse_form(raw, req.content_type)
        try:
            report = read_form(Report, form)
            self._report(report)
        except tuple(FORM_STATUSES) as problem:
            resp.status = FORM_STATUSES[type(problem)]
            self._show_form(resp, form, problem)
            return
        resp.content_type = falcon.MEDIA_HTML
        resp.text = self._own_pages.render(
            "message.html",
            "Your report is on its way",
            current="",
            heading="Thank you. Your report is on its way",
            lines=[
                "The operators of this site read it. They can take the rule off the site or leave it as it is; its"
                " author does not learn who wrote to them.",
                "Until they have decided, the rule stays where it is. We cannot promise by when that will be.",
            ],
            action={"label": "To all rules", "address": "/rules/"},
            refresh=0,
        )

    def on_limited(self, req: Request, resp: Response, problem: RateLimited) -> None:
        self._show_form(resp, parse_form(req.bounded_stream.read(FORM_BYTES + 1), req.content_type), problem)

    def _report(self, report: Report) -> None:
        actions.report_rule(
            database=self._database,
            config=self._config,
            slug=report.rule,
            reason=report.reason,
            words=report.words,
            email=report.email,
        )


def _is_slug(value: str) -> bool:
    return len(value) <= SLUG_LENGTH and re.fullmatch(ID, value) is not None
