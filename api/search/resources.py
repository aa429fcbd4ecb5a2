"""HTTP in and out: search, as JSON and as the page that the static form leads to."""

from functools import cached_property
from typing import Any

import falcon
from falcon import Request, Response

from api.database import Database
from api.errors import Invalid
from api.pages.own_pages import OwnPages
from api.search import actions
from api.search.actions import RULES_RANKED, Group
from api.search.bodies import Question, read_question
from api.wire import to_json
from rulepages.search import Entry, entries_of, search_form


class Search:
    def __init__(self, *, database: Database, own_pages: OwnPages) -> None:
        self._database, self._own_pages = database, own_pages

    def on_get(self, req: Request, resp: Response) -> None:
        words, kind = req.get_param("q") or "", req.get_param("in") or ""
        wants_page = "text/html" in (req.get_header("Accept") or "")
        try:
            question = read_question(words, kind)
        except Invalid as problem:
            if not wants_page:
                raise
            resp.status = falcon.HTTP_400
            self._show(resp, search_form(words=words, problem=_sentence(problem)))
            return
        groups = actions.search(database=self._database, entries=self._entries, question=question)
        if wants_page:
            self._show(resp, search_form(words=question.words, kind=question.kind, groups=groups, most=RULES_RANKED))
        else:
            resp.text = to_json(self._answer(question, groups))

    @cached_property
    def _entries(self) -> tuple[Entry, ...]:
        return entries_of(self._own_pages.site)

    def _show(self, resp: Response, form: dict[str, Any]) -> None:
        title = f"Search: {form['words']}" if form["asked"] else "Search"
        resp.content_type = falcon.MEDIA_HTML
        resp.text = self._own_pages.render("search.html", title, current="search", **form)

    def _answer(self, question: Question, groups: list[Group]) -> dict[str, object]:
        site = self._own_pages.site
        results = [
            {"kind": hit.kind, "title": hit.title, "url": site.url(hit.address), "summary": hit.summary}
            for group in groups
            for hit in group.hits
        ]
        counts = {group.kind: group.count for group in groups}
        return {"query": question.words, "results": results, "counts": counts}


def _sentence(problem: Invalid) -> str:
    """About the one field that the form shows."""
    ((first, *_),) = (problem.details or {})["fieldErrors"].values()
    return f"This {first}."
