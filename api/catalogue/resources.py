"""HTTP out: the catalogue as JSON, which anybody may read from any site; and as pages in the order of what fits."""

import hashlib
from collections.abc import Callable, Mapping
from typing import Any

import falcon
from falcon import Request, Response

from api.catalogue import actions
from api.catalogue.bodies import read_facets, read_section
from api.catalogue.queries import EntryRow
from api.database import Database
from api.errors import NotFound
from api.pages.own_pages import OwnPages
from api.wire import to_json
from rulepages.catalogue import METHOD_SECTIONS, Catalogue
from rulepages.fixed_pages import section_page, templates_page
from rulepages.page import Page
from rulepages.recommendations import Recommendation

KEPT = "public, max-age=3600"


class CatalogueResource:
    """`files` gives the catalogue as the files have it, for when there are no rows."""

    def __init__(self, *, database: Database, files: Callable[[], Catalogue]) -> None:
        self._source: dict[str, Any] = {"database": database, "files": files}


class Templates(CatalogueResource):
    def on_get(self, req: Request, resp: Response) -> None:
        listing = actions.list_templates(**self._source, facets=read_facets(req.params))
        answer: dict[str, Any] = {"templates": [_template(row) for row in listing.entries]}
        if listing.matches is not None:
            answer["scores"] = {id: _match(match, listing.facet_of) for id, match in listing.matches.items()}
        _send(req, resp, answer)


class Template(CatalogueResource):
    def on_get(self, req: Request, resp: Response, slug: str) -> None:
        template, settled = actions.read_template(**self._source, id=slug)
        methods = [{"section": section, "slug": id} for section, id in actions.methods_of(template)]
        _send(req, resp, {"template": _template(template), "methods": methods}, kept=settled)


class Methods(CatalogueResource):
    """A section's methods, or the values: what a step of writing a rule offers."""

    def on_get(self, req: Request, resp: Response) -> None:
        section = read_section(req.params)
        listing = actions.list_methods(**self._source, section=section, facets=read_facets(req.params))
        methods = [_value(row) if section == "values" else _method(row) for row in listing.entries]
        if listing.matches is not None:
            for method in methods:
                method["matches"] = _match(listing.matches[method["slug"]], listing.facet_of)
        _send(req, resp, {"section": section, "methods": methods}, kept=listing.settled)


class FitPage:
    """“Which fits you?” answered as a page, for browsers without JavaScript.

    Like the page that it stands for it is made from the files: it needs no database and says what the browser would.
    """

    def __init__(self, *, own_pages: OwnPages) -> None:
        self._own_pages = own_pages

    def _chosen(self, req: Request) -> set[str]:
        known = self._own_pages.site.catalogue.facets
        return actions.chosen_values(known=known, facets=read_facets(req.params))

    def _send(self, req: Request, resp: Response, page: Page) -> None:
        _send_kept(req, resp, self._own_pages.page(page), falcon.MEDIA_HTML)


class TemplatesFit(FitPage):
    def on_get(self, req: Request, resp: Response) -> None:
        self._send(req, resp, templates_page(self._own_pages.site, self._chosen(req)))


class MethodsFit(FitPage):
    def on_get(self, req: Request, resp: Response, section: str) -> None:
        if section not in METHOD_SECTIONS:
            raise NotFound("There is no such section.")
        self._send(req, resp, section_page(self._own_pages.site, section, self._chosen(req)))


def _send(req: Request, resp: Response, answer: Mapping[str, Any], *, kept: bool = False) -> None:
    resp.set_header("Access-Control-Allow-Origin", "*")
    text = to_json(answer)
    if kept:
        _send_kept(req, resp, text)
    else:
        resp.text = text


def _send_kept(req: Request, resp: Response, text: str, kind: str = falcon.MEDIA_JSON) -> None:
    """With leave to keep it, and a tag to ask by whether it is still true."""
    resp.set_header("Cache-Control", KEPT)
    tag = hashlib.sha256(text.encode()).hexdigest()[:16]
    resp.etag = tag
    if {tag, "*"} & set(req.if_none_match or ()):
        resp.status = falcon.HTTP_304
    else:
        resp.content_type, resp.text = kind, text


def _template(row: EntryRow) -> dict[str, Any]:
    return {
        "id": row.id,
        "slug": row.id,
        "title": row.entry["title"],
        "category": None,
        "description": row.entry["summary"],
        "body": row.entry["body"],
        "sortOrder": row.place,
        "featured": bool(row.entry["home"]),
    }


def _method(row: EntryRow) -> dict[str, Any]:
    entry = row.entry
    return {"slug": row.id, "label": entry["title"], "description": entry["summary"], "sections": entry["fields"]}


def _value(row: EntryRow) -> dict[str, Any]:
    entry = row.entry
    return {"id": row.id, "label": entry["title"], "meaning": entry["meaning"], "signals": entry["practice"]}


def _match(match: Recommendation, facet_of: Mapping[str, str]) -> dict[str, Any]:
    """`score` is in thousandths of a bit; `matchedFacets` has the most telling first."""
    matched = [f"{facet_of[value]}:{value}" for value in match.matched]
    return {"score": match.score, "matchedFacets": matched, "reason": match.reason}
