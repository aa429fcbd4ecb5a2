"""Problems as HTTP answers: the envelope for programs, a page in the theme's look for a person's browser."""

import logging

import falcon
from falcon import Request, Response

from api import errors
from api.errors import Problem
from api.pages.own_pages import OwnPages
from api.wire import is_form, to_json

log = logging.getLogger(__name__)

# The status and the code of each problem; a subclass is found by its own row.
ANSWERS: dict[type[Problem], tuple[str, str]] = {
    errors.Invalid: (falcon.HTTP_400, "validation_error"),
    errors.NotJson: (falcon.HTTP_400, "invalid_json"),
    errors.LinkExpired: (falcon.HTTP_400, "link_expired"),
    errors.NotSignedIn: (falcon.HTTP_401, "unauthorized"),
    errors.Forbidden: (falcon.HTTP_403, "forbidden"),
    errors.NotFound: (falcon.HTTP_404, "not_found"),
    errors.Conflict: (falcon.HTTP_409, "conflict"),
    errors.DraftChanged: (falcon.HTTP_409, "conflict"),
    errors.KeyUsed: (falcon.HTTP_409, "conflict"),
    errors.RateLimited: (falcon.HTTP_429, "rate_limited"),
    errors.TooLarge: (falcon.HTTP_413, "payload_too_large"),
    errors.WrongType: (falcon.HTTP_415, "unsupported_media_type"),
    errors.Misconfigured: (falcon.HTTP_500, "server_misconfigured"),
    errors.DatabaseAway: (falcon.HTTP_503, "db_unavailable"),
    errors.TryLater: (falcon.HTTP_503, "busy"),
}
FALCON_CODES = {400: "validation_error", 403: "forbidden", 404: "not_found", 405: "method_not_allowed"}
FALCON_CODES |= {413: "payload_too_large", 415: "unsupported_media_type"}
FALCON_MESSAGES = {404: "There is nothing at this address.", 405: "This address does not take that method."}
PAGE_HEADINGS = {
    "validation_error": "That did not work",
    "unauthorized": "You are not signed in here",
    "forbidden": "This is not yours to change",
    "not_found": "There is nothing at this address",
    "conflict": "Somebody was faster",
    "rate_limited": "Enough for now",
    "db_unavailable": "One moment",
    "busy": "Not right now",
}
SIGN_IN = ("Sign in", "/sign-in/")
START_PAGE = ("To the start page", "/")
GO_BACK = "If you came from a form, what you typed is still in it: go back, and send it again later."


def add_error_handlers(app: falcon.App, own_pages: OwnPages) -> None:  # type: ignore[type-arg]
    """Every error that can leave a responder becomes an answer here, and nowhere else."""
    answers = ErrorResponses(own_pages)
    app.add_error_handler(Exception, answers.unexpected)
    app.add_error_handler(falcon.HTTPError, answers.falcon_error)
    app.add_error_handler(Problem, answers.problem)
    app.set_error_serializer(lambda req, resp, error: None)


class ErrorResponses:
    def __init__(self, own_pages: OwnPages) -> None:
        self._own_pages = own_pages

    def problem(self, req: Request, resp: Response, problem: Problem, params: object) -> None:
        status, code = ANSWERS[type(problem)]
        if code == "server_misconfigured":
            log.error("%s %s: %s", req.method, req.uri_template, problem.message)
        if code == "db_unavailable":
            resp.set_header("Retry-After", "5")
        if isinstance(problem, errors.RateLimited | errors.TryLater):
            resp.set_header("Retry-After", str(problem.seconds))
        self._answer(req, resp, status, code, message=problem.message, details=problem.details)

    def falcon_error(self, req: Request, resp: Response, error: falcon.HTTPError, params: object) -> None:
        for name, value in dict(error.headers or {}).items():
            resp.set_header(name, value)
        code = FALCON_CODES.get(error.status_code, "validation_error")
        message = FALCON_MESSAGES.get(error.status_code) or error.description or error.title or "Bad request."
        self._answer(req, resp, str(error.status), code, message=message)

    def unexpected(self, req: Request, resp: Response, error: Exception, params: object) -> None:
        """The person learns nothing but that it is our fault; the log has it all, under the request's id."""
        log.error("%s %s failed", req.method, req.uri_template, exc_info=error)
        self._answer(req, resp, falcon.HTTP_500, "internal_error", message="Something went wrong on our side.")

    def _answer(
        self, req: Request, resp: Response, status: str, code: str, *, message: str, details: object | None = None
    ) -> None:
        resp.status = status
        resp.content_type = falcon.MEDIA_JSON
        if _is_a_person(req):
            try:
                resp.text = self._page(code, message)
                resp.content_type = falcon.MEDIA_HTML
                return
            except Exception:  # a page that cannot be made must not hide the error itself
                log.exception("the error page could not be made")
        body: dict[str, object] = {"error": {"code": code, "message": message}}
        if details is not None:
            body["details"] = details
        resp.text = to_json(body)

    def _page(self, code: str, message: str) -> str:
        if code == "unauthorized":
            return self._own_pages.message(PAGE_HEADINGS[code], ["Sign in, then try again."], action=SIGN_IN)
        lines = [message, GO_BACK] if code == "rate_limited" else [message]
        return self._own_pages.message(PAGE_HEADINGS.get(code, "That did not work"), lines, action=START_PAGE)


def _is_a_person(req: Request) -> bool:
    """A browser that shows the answer: it asked for a page, or it posted a form."""
    return "text/html" in (req.get_header("Accept") or "") or is_form(req.content_type)
