"""HTTP in and out: drafts as JSON, and the page of a draft's earlier texts."""

from collections.abc import Callable, Mapping
from tempfile import SpooledTemporaryFile
from typing import IO, Any

import falcon
from falcon import Request, Response

from api.document.draft import Draft, DraftText
from api.document.draft_document import read_draft
from api.document.gaps import gaps
from api.document.importing import read_import
from api.drafts.actions import DraftKeeper
from api.drafts.bodies import DraftBody, draft_in_full, draft_in_short
from api.errors import Invalid, NotFound
from api.pages.own_pages import OwnPages
from api.people import Person, require
from api.wire import BODY_BYTES, check_size, is_form, parse_form, read_body, to_json


class _Drafts:
    """`authenticate` finds who a request's cookies belong to."""

    def __init__(
        self, *, drafts: DraftKeeper, own_pages: OwnPages, authenticate: Callable[[Mapping[str, str]], Person | None]
    ) -> None:
        self._drafts, self._own_pages, self._authenticate = drafts, own_pages, authenticate

    def _require(self, req: Request) -> Person:
        return require(self._authenticate(req.cookies))

    def _text(self, req: Request) -> DraftText:
        body = read_body(DraftBody, req.bounded_stream.read(BODY_BYTES + 1), req.content_type)
        return DraftText(read_draft(body.payload))

    def _answer(self, resp: Response, draft: Draft | None) -> None:
        if draft is not None:
            resp.etag = draft.tag
        resp.text = to_json({"draft": draft_in_full(draft) if draft else None})


class OwnDraft(_Drafts):
    """The draft that was saved last."""

    def on_get(self, req: Request, resp: Response) -> None:
        self._answer(resp, self._drafts.read_latest(by=self._require(req)))

    def on_put(self, req: Request, resp: Response) -> None:
        person = self._require(req)
        self._answer(resp, self._drafts.save_latest(by=person, text=self._text(req), seen=_seen(req)))

    def on_delete(self, req: Request, resp: Response) -> None:
        self._drafts.delete_latest(by=self._require(req), seen=_seen(req))
        resp.text = to_json({"ok": True})


class OwnDrafts(_Drafts):
    def on_get(self, req: Request, resp: Response) -> None:
        drafts = self._drafts.list_drafts(by=self._require(req))
        resp.text = to_json({"drafts": [draft_in_short(draft) for draft in drafts]})

    def on_post(self, req: Request, resp: Response) -> None:
        person = self._require(req)
        draft = self._drafts.add_draft(by=person, text=self._text(req))
        resp.status = falcon.HTTP_201
        resp.location = f"/api/drafts/{draft.id}"
        self._answer(resp, draft)


class OneDraft(_Drafts):
    def on_get(self, req: Request, resp: Response, draft_id: str) -> None:
        self._answer(resp, self._drafts.read_draft(by=self._require(req), draft_id=_number(draft_id)))

    def on_put(self, req: Request, resp: Response, draft_id: str) -> None:
        person, id = self._require(req), _number(draft_id)
        self._answer(resp, self._drafts.save_draft(by=person, draft_id=id, text=self._text(req), seen=_seen(req)))

    def on_delete(self, req: Request, resp: Response, draft_id: str) -> None:
        self._drafts.delete_draft(by=self._require(req), draft_id=_number(draft_id), seen=_seen(req))
        resp.text = to_json({"ok": True})

    def on_post(self, req: Request, resp: Response, draft_id: str) -> None:
        """Delete, from a form, with the box ticked that says so."""
        person = self._require(req)
        form = parse_form(req.bounded_stream.read(BODY_BYTES + 1), req.content_type)
        if form.get("delete") != "yes":
            raise Invalid("To delete the draft, tick the box first.")
        self._drafts.delete_draft(by=person, draft_id=_number(draft_id))
        raise falcon.HTTPSeeOther("/api/profile")


class DraftImport(_Drafts):
    """`read_multipart` reads a form that carries a file."""

    def __init__(self, *, read_multipart: Callable[[Request, IO[bytes]], dict[str, str]], **parts: Any) -> None:
        super().__init__(**parts)
        self._read_multipart = read_multipart

    def on_post(self, req: Request, resp: Response) -> None:
        """A draft from a file that a rule was taken along as, Markdown or JSON; then the form, with the draft on show.

        The file is still on its author's disk: what cannot be read is told with the line that it is on.
        """
        person = self._require(req)
        with SpooledTemporaryFile(BODY_BYTES) as file:
            self._read_multipart(req, file)
            file.seek(0)
            content = file.read(BODY_BYTES + 1)
        if not content.strip():
            raise Invalid("Choose a file first: a rule.md or rule.json, as it stands on the page of every rule.")
        check_size(content)
        document = read_import(content, self._own_pages.site.catalogue).to_json()
        draft = self._drafts.add_draft(by=person, text=DraftText(read_draft(document)))
        raise falcon.HTTPSeeOther(f"/api/create/plain?draft={draft.id}&saved={draft.revision}")


class DraftRevisions(_Drafts):
    def on_get(self, req: Request, resp: Response, draft_id: str) -> None:
        found = self._drafts.list_revisions(by=self._require(req), draft_id=_number(draft_id))
        resp.text = to_json({"revisions": [draft_in_short(revision) for revision in found]})


class DraftRestoring(_Drafts):
    def on_post(self, req: Request, resp: Response, draft_id: str, number: int) -> None:
        """Make an earlier text the current one again; from a form, then show it."""
        person = self._require(req)
        draft = self._drafts.restore_revision(by=person, draft_id=_number(draft_id), revision=number, seen=_seen(req))
        if is_form(req.content_type):
            raise falcon.HTTPSeeOther(f"/api/create/plain?draft={draft.id}&saved={draft.revision}")
        self._answer(resp, draft)


class DraftHistory(_Drafts):
    def on_get(self, req: Request, resp: Response, draft_id: str) -> None:
        """A draft's texts, with what there is to do with them, as a page."""
        person = self._authenticate(req.cookies)
        if person is None:
            raise falcon.HTTPSeeOther("/sign-in/")
        found = self._drafts.list_revisions(by=person, draft_id=_number(draft_id))
        rows = [
            {"number": it.revision, "saved_at": it.saved_at, "title": it.title, "gaps": gaps(it.document)}
            for it in found
        ]
        resp.content_type = falcon.MEDIA_HTML
        resp.text = self._own_pages.render("draft_history.html", "Earlier texts", draft=found[0], revisions=rows)


def _seen(req: Request) -> frozenset[str] | None:
    """The tags of `If-Match`; a header that cannot be read names none. Weak ones count: nginx weakens the tag of
    whatever it packs on the way."""
    if not (req.get_header("If-Match") or "").strip():
        return None
    return frozenset(map(str, req.if_match or ()))


def _number(id: str) -> int:
    """Ids are opaque to clients; ours are whole numbers."""
    if not id.isascii() or not id.isdecimal() or len(id) > 18:
        raise NotFound("There is no such draft.")
    return int(id)
