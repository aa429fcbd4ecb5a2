"""HTTP in and out: rules as JSON, and the forms that need no JavaScript."""

import re
import secrets
from collections.abc import Callable, Collection, Mapping
from typing import Any, Protocol

import falcon
from falcon import Request, Response

from api.database import Database
from api.document.canonical_json import canonical_json, sha256_of
from api.document.draft import Draft, DraftText, Seen
from api.document.draft_document import read_draft, read_note
from api.document.gaps import gaps
from api.document.plain_form import fill_from_template, keep_unseen, read_controls
from api.document.reading import read_document
from api.document.rule_document import RuleDocument
from api.errors import (
    Conflict,
    DatabaseAway,
    DraftChanged,
    Forbidden,
    Invalid,
    KeyUsed,
    Misconfigured,
    NotFound,
    NotSignedIn,
    Problem,
    RateLimited,
    TooLarge,
)
from api.pages.own_pages import OwnPages
from api.people import Person, require
from api.rules import actions
from api.rules.actions import Once, Parts, Published
from api.rules.bodies import Publication, Revision, Visibility
from api.rules.queries import RuleRow
from api.wire import FORM_BYTES, parse_form, read_body, to_json

MAX_LISTED = 100
# What a form comes back with, and with everything that was typed, whatever went wrong.
FORM_STATUSES: dict[type[Problem], str] = {
    Invalid: falcon.HTTP_400,
    NotSignedIn: falcon.HTTP_401,
    Forbidden: falcon.HTTP_403,
    NotFound: falcon.HTTP_404,
    Conflict: falcon.HTTP_409,
    DraftChanged: falcon.HTTP_409,
    KeyUsed: falcon.HTTP_409,
    TooLarge: falcon.HTTP_413,
    Misconfigured: falcon.HTTP_500,
    DatabaseAway: falcon.HTTP_503,
}
SIGNED_OUT = (
    "You are not signed in any more. Sign in in another tab, come back to this one and press the button again: nothing"
    " that you typed is lost."
)
DRAFT_CHANGED = (
    "This draft was saved in another tab or on another device after you opened it here. Both texts are kept: yours is"
    " below, the other one is among the draft’s texts. To go on with yours, press the button again."
)
DRAFT_GONE = (
    "This draft has been published or deleted in the meantime. What you typed is still here: press the button again,"
    " and it becomes a draft or a rule of its own."
)
FORM_USED = (
    "This form was sent before with another text, and that was published. You find it under “Your rules”, and can"
    " revise it there. To publish this text as a rule of its own, press the button again."
)
FORM_WORDS: dict[type[Problem], str] = {NotSignedIn: SIGNED_OUT, DraftChanged: DRAFT_CHANGED, KeyUsed: FORM_USED}
SHA256 = re.compile(r"[0-9a-f]{64}")


class SendLink(Protocol):
    """`sign_in.actions.send_link`, given its parts."""

    def __call__(self, *, email: str, next: str, draft: dict[str, Any] | None = None) -> None: ...


class Drafts(Protocol):
    """`drafts.actions.DraftKeeper`, as far as the form and the profile know it."""

    saves: bool

    def list_drafts(self, *, by: Person) -> list[Draft]: ...

    def read_draft(self, *, by: Person, draft_id: int, revision: int | None = None) -> Draft: ...

    def add_draft(
        self, *, by: Person, text: DraftText, adapts: str = "", rule_id: int | None = None, once: bool = False
    ) -> Draft: ...

    def save_draft(
        self, *, by: Person, draft_id: int, text: DraftText, seen: Collection[str] | None = None
    ) -> Draft: ...


class _Rules:
    """`authenticate` finds who a request's cookies belong to."""

    def __init__(
        self,
        *,
        parts: Parts,
        origin: str,
        own_pages: OwnPages,
        authenticate: Callable[[Mapping[str, str]], Person | None],
    ) -> None:
        self._parts, self._origin, self._own_pages = parts, origin, own_pages
        self._authenticate = authenticate

    @property
    def _database(self) -> Database:
        return self._parts.database

    def _person(self, req: Request) -> Person | None:
        return self._authenticate(req.cookies)

    def _plain(self, rule: RuleRow) -> dict[str, Any]:
        return {
            "id": str(rule.id),
            "slug": rule.slug,
            "url": f"{self._origin}/rules/{rule.slug}/",
            "title": rule.title,
            "summary": rule.context or None,
            "version": rule.version,
            "sha256": rule.sha256,
            "state": rule.state,
            "visibility": rule.visibility,
            "createdAt": rule.created_at,
            "updatedAt": rule.updated_at,
        }

    def _saved(self, rule: RuleRow) -> str:
        """A page that looks every two seconds whether the rule's own page is there, and leads to it."""
        return self._own_pages.message(
            "Your rule is saved",
            ["Its page is being made and will be at its address in a moment. This page takes you there."],
            action=("Open the rule", f"/api/rules/{rule.id}/publication"),
            refresh=2,
        )

    def _answer(self, resp: Response, published: Published) -> None:
        state = "live" if published.live else "pending"
        resp.text = to_json({"state": state, "rule": self._plain(published.rule)})


class Rules(_Rules):
    def on_get(self, req: Request, resp: Response) -> None:
        limit = req.get_param_as_int("limit", min_value=1, default=50)
        rules = actions.list_rules(database=self._database, limit=min(limit, MAX_LISTED))
        resp.text = to_json({"rules": [self._plain(rule) for rule in rules]})

    def on_post(self, req: Request, resp: Response) -> None:
        person = require(self._person(req))
        body = read_body(Publication, req.bounded_stream.read(FORM_BYTES + 1), req.content_type)
        document = read_document(body.document)
        key = (req.get_header("Idempotency-Key") or "").strip().strip('"')
        published = actions.publish_rule(
            parts=self._parts,
            by=person,
            document=document,
            visibility=body.visibility,
            adapts=body.adapts,
            draft=Seen(_number(body.draft, "draft")) if body.draft is not None else None,
            once=Once.of(key, [document.to_json(), body.visibility, body.adapts]) if key else None,
        )
        self._answer(resp, published)


class Rule(_Rules):
    def on_get(self, req: Request, resp: Response, rule_id: str) -> None:
        person = self._person(req)
        rule, document = actions.read_rule(database=self._database, by=person, rule_id=_number(rule_id))
        owner = person is not None and rule.owner_id == person.id
        resp.text = to_json({"rule": {**self._plain(rule), "document": document}, "viewerIsOwner": owner})

    def on_patch(self, req: Request, resp: Response, rule_id: str) -> None:
        person = require(self._person(req))
        body = read_body(Revision, req.bounded_stream.read(FORM_BYTES + 1), req.content_type)
        published = actions.revise_rule(
            parts=self._parts,
            by=person,
            rule_id=_number(rule_id),
            document=read_document(body.document),
            reason=body.reason,
            base=(req.get_header("If-Match") or "").strip().strip('"') or None,
        )
        self._answer(resp, published)

    def on_delete(self, req: Request, resp: Response, rule_id: str) -> None:
        person = require(self._person(req))
        actions.delete_rule(parts=self._parts, by=person, rule_id=_number(rule_id))
        resp.text = to_json({"ok": True})

    def on_post(self, req: Request, resp: Response, rule_id: str) -> None:
        """Delete, from a form, with the box ticked that says so."""
        person = require(self._person(req))
        form = parse_form(req.bounded_stream.read(FORM_BYTES + 1), req.content_type)
        if form.get("delete") != "yes":
            raise Invalid("To delete the rule for good, tick the box first.")
        actions.delete_rule(parts=self._parts, by=person, rule_id=_number(rule_id))
        raise falcon.HTTPSeeOther("/api/profile")


class RuleKeeping(_Rules):
    def on_get(self, req: Request, resp: Response, rule_id: str) -> None:
        """What an owner can do with a rule besides revising it, as a page."""
        person = self._person(req)
        if person is None:
            raise falcon.HTTPSeeOther("/sign-in/")
        rule, versions = actions.read_versions(database=self._database, by=person, rule_id=_number(rule_id))
        resp.content_type = falcon.MEDIA_HTML
        resp.text = self._own_pages.render("keep_rule.html", rule.title, rule=rule, versions=versions)


class RuleVersion(_Rules):
    def on_delete(self, req: Request, resp: Response, rule_id: str, number: int) -> None:
        """Withdraw an earlier version."""
        person = require(self._person(req))
        rule = actions.withdraw_version(parts=self._parts, by=person, rule_id=_number(rule_id), number=number)
        resp.text = to_json({"ok": True, "rule": self._plain(rule)})

    def on_post(self, req: Request, resp: Response, rule_id: str, number: int) -> None:
        """The same from a form."""
        person = require(self._person(req))
        actions.withdraw_version(parts=self._parts, by=person, rule_id=_number(rule_id), number=number)
        raise falcon.HTTPSeeOther(f"/api/rules/{_number(rule_id)}/keeping")


class RuleVisibility(_Rules):
    def on_put(self, req: Request, resp: Response, rule_id: str) -> None:
        person = require(self._person(req))
        body = read_body(Visibility, req.bounded_stream.read(FORM_BYTES + 1), req.content_type)
        published = actions.show_rule(
            parts=self._parts, by=person, rule_id=_number(rule_id), visibility=body.visibility
        )
        self._answer(resp, published)

    def on_post(self, req: Request, resp: Response, rule_id: str) -> None:
        """The same from a form."""
        person = require(self._person(req))
        form = parse_form(req.bounded_stream.read(FORM_BYTES + 1), req.content_type)
        visibility = form.get("visibility", "")
        if visibility not in (actions.PUBLIC, actions.UNLISTED):
            raise Invalid("visibility is public or unlisted.")
        actions.show_rule(parts=self._parts, by=person, rule_id=_number(rule_id), visibility=visibility)
        raise falcon.HTTPSeeOther(f"/api/rules/{_number(rule_id)}/keeping")


class RulePublication(_Rules):
    """The fact that a rule is public."""

    def on_get(self, req: Request, resp: Response, rule_id: str) -> None:
        """To the rule's page when it is in place; until then a page that asks again."""
        rule, live = actions.read_publication(database=self._database, rule_id=_number(rule_id))
        if live:
            raise falcon.HTTPSeeOther(f"/rules/{rule.slug}/")
        resp.content_type = falcon.MEDIA_HTML
        resp.text = self._saved(rule)

    def on_put(self, req: Request, resp: Response, rule_id: str) -> None:
        person = require(self._person(req))
        self._answer(resp, actions.republish_rule(parts=self._parts, by=person, rule_id=_number(rule_id)))

    def on_delete(self, req: Request, resp: Response, rule_id: str) -> None:
        person = require(self._person(req))
        rule = actions.unpublish_rule(parts=self._parts, by=person, rule_id=_number(rule_id))
        resp.text = to_json({"ok": True, "rule": self._plain(rule)})

    def on_post(self, req: Request, resp: Response, rule_id: str) -> None:
        """The same from a form, which knows no other methods: `state` is `published` or `unpublished`."""
        person = require(self._person(req))
        form = parse_form(req.bounded_stream.read(FORM_BYTES + 1), req.content_type)
        act = {"published": actions.republish_rule, "unpublished": actions.unpublish_rule}.get(form.get("state", ""))
        if act is None:
            raise Invalid("state is published or unpublished.")
        act(parts=self._parts, by=person, rule_id=_number(rule_id))
        raise falcon.HTTPSeeOther(f"/api/rules/{_number(rule_id)}/keeping")


class Profile(_Rules):
    def __init__(self, *, drafts: Drafts, **parts: Any) -> None:
        super().__init__(**parts)
        self._drafts = drafts

    def on_get(self, req: Request, resp: Response) -> None:
        """One's own rules and drafts, as a page."""
        person = self._person(req)
        if person is None:
            raise falcon.HTTPSeeOther("/sign-in/")
        rules = actions.list_own(database=self._database, by=person)
        titles = {rule.id: rule.title for rule in rules}
        drafts = [
            {
                "id": draft.id,
                "title": draft.title,
                "of": titles.get(draft.rule_id) if draft.rule_id else None,
                "gaps": len(gaps(draft.document)),
                "saved_at": draft.saved_at,
            }
            for draft in self._drafts.list_drafts(by=person)
        ]
        rows = [
            {
                "id": rule.id,
                "slug": rule.slug,
                "title": rule.title,
                "number": rule.version,
                "published_at": rule.published_at,
                "state": rule.state,
                "unlisted": rule.visibility == actions.UNLISTED,
            }
            for rule in rules
        ]
        resp.content_type = falcon.MEDIA_HTML
        resp.text = self._own_pages.render("my_rules.html", "Your rules", person=person, rules=rows, drafts=drafts)


class _PlainForm(_Rules):
    """`/create/plain/`, filled: from a draft, from a rule that is revised, or from what was typed and rejected.

    Its two buttons are two addresses, of which `saving` is the one that keeps a draft.
    """

    saving = False

    def __init__(self, *, send_link: SendLink, drafts: Drafts, **parts: Any) -> None:
        super().__init__(**parts)
        self._send_link, self._drafts = send_link, drafts

    def on_limited(self, req: Request, resp: Response, problem: RateLimited) -> None:
        form = parse_form(req.bounded_stream.read(FORM_BYTES + 1), req.content_type)
        typed = read_controls(form, self._own_pages.site.catalogue)
        try:
            person = self._person(req)
        except DatabaseAway:
            person = None
        self._show_form(resp, person, **self._typed_back(form, typed, person, problem), errors=_control_errors(problem))

    def on_post(self, req: Request, resp: Response) -> None:
        """Publish, revise or keep a draft; when nobody is signed in, send a link behind which the draft waits."""
        form = parse_form(req.bounded_stream.read(FORM_BYTES + 1), req.content_type)
        typed = read_controls(form, self._own_pages.site.catalogue)
        resp.content_type = falcon.MEDIA_HTML
        person = None
        try:
            person = self._person(req)
            if person is None and (form.get("rule") or form.get("draft")):
                raise NotSignedIn
            if person is None:
                self._send_draft(form, typed, resp)
            elif self.saving:
                self._save(form, typed, person)
            elif form.get("rule"):
                self._revise(form, typed, person, resp)
            else:
                self._publish(form, typed, person, resp)
        except tuple(FORM_STATUSES) as problem:
            resp.status = FORM_STATUSES[type(problem)]
            back, errors = self._typed_back(form, typed, person, problem), _control_errors(problem)
            if form.get("draft") and not back["draft"]:
                errors[""] = DRAFT_GONE
            elif form.get("rule") and isinstance(problem, KeyUsed):
                errors[""] = actions.REVISED_SINCE
            self._show_form(resp, person, **back, errors=errors)

    def _show_form(self, resp: Response, person: Person | None, *, once: str = "", **form: Any) -> None:
        resp.content_type = falcon.MEDIA_HTML
        resp.text = self._own_pages.form(
            **form,
            once=once or secrets.token_urlsafe(16),
            signed_in_as=person.email if person else "",
            keeps_drafts=self._drafts.saves or person is None,
        )

    def _draft_on_show(self, req: Request, person: Person, draft_id: int) -> dict[str, Any]:
        """The form's parts; `?revision=` shows an earlier text, which becomes the current one when it is saved."""
        now = self._drafts.read_draft(by=person, draft_id=draft_id)
        number = req.get_param_as_int("revision", min_value=1, max_value=2**31 - 1)
        shown = self._drafts.read_draft(by=person, draft_id=draft_id, revision=number) if number else now
        rule = self._rule_of(now, person)
        return {
            "document": shown.document,
            "chosen_template": shown.document.get("template", ""),
            "draft": str(now.id),
            "revision": str(now.revision),
            "kept": {
                "saved": req.get_param("saved") == str(now.revision),
                "earlier": shown.revision != now.revision,
                "saved_at": shown.saved_at,
                "gaps": gaps(shown.document),
            },
            "adapts": shown.adapts,
            "unlisted": shown.visibility == actions.UNLISTED,
            "reason": shown.reason,
            "revising": {**_revising(rule), "sha256": shown.base or rule.sha256} if rule else None,
        }

    def _rule_of(self, draft: Draft, person: Person) -> RuleRow | None:
        """The rule whose next version the draft is; None as well when it is not this person's any more."""
        if draft.rule_id is None:
            return None
        try:
            return actions.read_own_rule(database=self._database, by=person, rule_id=draft.rule_id)[0]
        except (NotFound, Forbidden):
            return None

    def _with_method(self, name: str) -> dict[str, Any]:
        """The beginning of a document that uses one method, named as `decisions.lazy-consensus`."""
        section, _, id = name.partition(".")
        catalogue = self._own_pages.site.catalogue
        return {section: [catalogue.entry(section, id)]} if (section, id) in catalogue.methods else {}

    def _publish(self, form: dict[str, str], typed: dict[str, Any], person: Person, resp: Response) -> None:
        published = actions.publish_rule(
            parts=self._parts,
            by=person,
            document=self._document(form, typed, person),
            visibility=_visibility(form),
            adapts=form.get("adapts", ""),
            draft=_seen(form),
            once=_once(form, typed, person),
        )
        self._show(published, resp)

    def _revise(self, form: dict[str, str], typed: dict[str, Any], person: Person, resp: Response) -> None:
        published = actions.revise_rule(
            parts=self._parts,
            by=person,
            rule_id=_number(form["rule"]),
            document=read_document(self._with_unseen(form, typed, person)),
            reason=form.get("reason", ""),
            base=form.get("base") or None,
            draft=_seen(form),
            once=_once(form, typed, person),
        )
        self._show(published, resp)

    def _save(self, form: dict[str, str], typed: dict[str, Any], person: Person) -> None:
        """Keep the draft without publishing, and show it again."""
        text = DraftText(
            document=read_draft(self._with_template(form, self._with_unseen(form, typed, person))),
            visibility=_visibility(form),
            reason=read_note(form.get("reason", ""), "reason"),
            base=form.get("base", "") if SHA256.fullmatch(form.get("base", "")) else "",
        )
        seen = _seen(form)
        if seen:
            tags = None if seen.tag is None else (seen.tag,)
            draft = self._drafts.save_draft(by=person, draft_id=seen.id, text=text, seen=tags)
        else:
            rule_id = _number(form["rule"]) if form.get("rule") else None
            adapts = "" if rule_id else form.get("adapts", "")
            draft = self._drafts.add_draft(by=person, text=text, adapts=adapts, rule_id=rule_id, once=True)
        raise falcon.HTTPSeeOther(f"/api/create/plain?draft={draft.id}&saved={draft.revision}")

    def _send_draft(self, form: dict[str, str], typed: dict[str, Any], resp: Response) -> None:
        if not self.saving:
            self._document(form, typed, None)  # what cannot be published is better mended before a mail is on its way
        draft = {
            "document": read_draft(self._with_template(form, self._with_unseen(form, typed, None))),
            "adapts": form.get("adapts", ""),
            "visibility": _visibility(form),
        }
        self._send_link(email=form.get("email", ""), next="/profile/", draft=draft)
        resp.text = self._own_pages.message(
            "Your draft is kept. Look at your inbox",
            [
                "You are not signed in yet, so nothing is public so far.",
                "We have sent a link to your address. Open it within ten minutes: your draft waits behind it,"
                " and you publish it with one press.",
            ],
        )

    def _document(self, form: dict[str, str], typed: dict[str, Any], person: Person | None) -> RuleDocument:
        catalogue = self._own_pages.site.catalogue
        chosen = form.get("template", "")
        template = catalogue.template(chosen) if chosen else None
        if chosen and template is None:
            raise Invalid("There is no such template.", {"fieldErrors": {"template": ["does not exist"]}})
        whole = self._with_template(form, self._with_unseen(form, typed, person))
        return read_document(fill_from_template(whole, template, catalogue) if template else whole)

    def _with_template(self, form: dict[str, str], document: dict[str, Any]) -> dict[str, Any]:
        """With the template that is chosen in the form, or none; where the form has no choice, as it was."""
        if "template" not in form:
            return document
        rest = {key: value for key, value in document.items() if key != "template"}
        return {**rest, "template": form["template"]} if form["template"] else rest

    def _with_unseen(self, form: dict[str, str], typed: dict[str, Any], person: Person | None) -> dict[str, Any]:
        """With what the form has no control for, from the document that it was filled from."""
        source = self._source(form, person)
        return typed if source is None else keep_unseen(typed, source, self._own_pages.site.catalogue)

    def _source(self, form: dict[str, str], person: Person | None) -> Mapping[str, Any] | None:
        seen = _seen(form)
        if seen and person:
            try:
                return self._drafts.read_draft(by=person, draft_id=seen.id).document
            except NotFound:
                pass  # spending or saving it says so, in better words
        if form.get("rule") and person:
            return actions.read_own_rule(database=self._database, by=person, rule_id=_number(form["rule"]))[1]
        if adapts := form.get("adapts"):
            current = actions.read_version_to_adapt(database=self._database, adapts=adapts)
            return {**current, "community": {}}
        return None

    def _show(self, published: Published, resp: Response) -> None:
        address = f"/rules/{published.rule.slug}/"
        if published.rule.state != "published":
            raise falcon.HTTPSeeOther("/api/profile")
        if published.live:
            raise falcon.HTTPSeeOther(address)
        resp.text = self._saved(published.rule)

    def _typed_back(
        self, form: dict[str, str], typed: dict[str, Any], person: Person | None, problem: Problem
    ) -> dict[str, Any]:
        """Everything that was typed, for the form that comes back."""
        draft, revision = self._draft_to_go_on_with(form, person, problem)
        return {
            "document": typed,
            "chosen_template": form.get("template", ""),
            "email": form.get("email", ""),
            "reason": form.get("reason", ""),
            "draft": draft,
            "revision": revision,
            "once": "" if isinstance(problem, KeyUsed) else form.get("once", ""),
            "saving": self.saving,
            "adapts": "" if _is_about(problem, "adapts") else form.get("adapts", ""),
            "unlisted": _visibility(form) == actions.UNLISTED,
            "revising": self._revised_rule(form, typed, person, problem) if form.get("rule") else None,
        }

    def _draft_to_go_on_with(self, form: dict[str, str], person: Person | None, problem: Problem) -> tuple[str, str]:
        """The draft's id and revision for the form that comes back. After a conflict it goes on from the current text;
        a draft that is gone is let go of. The author is told so."""
        draft, revision = form.get("draft", ""), form.get("revision", "")
        if person is None or not draft or not isinstance(problem, DraftChanged | Conflict | KeyUsed | NotFound):
            return draft, revision
        try:
            now = self._drafts.read_draft(by=person, draft_id=_number(draft, "draft"))
        except NotFound:
            return "", ""
        except DatabaseAway:
            return draft, revision
        return draft, str(now.revision) if isinstance(problem, DraftChanged) else revision

    def _revised_rule(
        self, form: dict[str, str], typed: dict[str, Any], person: Person | None, problem: Problem
    ) -> dict[str, Any]:
        """The rule in question. After a conflict the form goes on from the current version; the author is told so."""
        kept = {"id": form["rule"], "slug": "", "title": typed["community"]["name"], "sha256": form.get("base", "")}
        if person is None or isinstance(problem, DatabaseAway):
            return kept
        try:
            rule, _ = actions.read_own_rule(database=self._database, by=person, rule_id=_number(form["rule"]))
        except Problem:
            return kept
        return (
            _revising(rule)
            if isinstance(problem, Conflict | KeyUsed)
            else {**_revising(rule), "sha256": kept["sha256"]}
        )


class PlainForm(_PlainForm):
    def on_get(self, req: Request, resp: Response) -> None:
        """A new rule, perhaps from a template, for everybody; a draft or a rule of one's own, signed in."""
        person = self._person(req)
        rule_id, draft_id = req.get_param("rule"), req.get_param("draft")
        if (rule_id or draft_id) and person is None:
            raise falcon.HTTPSeeOther("/sign-in/")
        if rule_id and person:
            rule, document = actions.read_own_rule(database=self._database, by=person, rule_id=_number(rule_id))
            form: dict[str, Any] = {"document": document, "revising": _revising(rule)}
        elif draft_id and person:
            form = self._draft_on_show(req, person, _number(draft_id, "draft"))
        elif adapts := req.get_param("adapt"):
            document = actions.read_version_to_adapt(database=self._database, adapts=adapts)
            form = {"document": {**document, "community": {}}, "adapts": adapts}
        else:
            form = {
                "document": self._with_method(req.get_param("method") or ""),
                "chosen_template": req.get_param("template") or "",
            }
        self._show_form(resp, person, **form)


class PlainDraft(_PlainForm):
    """Keep a draft: signed in the next text of the one on show, or a new one; signed out a new one that waits behind a
    link."""

    saving = True


def _visibility(form: dict[str, str]) -> str:
    return actions.UNLISTED if form.get("unlisted") else actions.PUBLIC


def _revising(rule: RuleRow) -> dict[str, Any]:
    return {"id": str(rule.id), "slug": rule.slug, "title": rule.title, "sha256": rule.sha256}


def _is_about(problem: Problem, control: str) -> bool:
    return control in (problem.details or {}).get("fieldErrors", {})


def _control_errors(problem: Problem) -> dict[str, str]:
    """Sentences by control name; the empty name for what concerns the whole form."""
    details = problem.details or {}
    errors = {path: words[0] for path, words in details.get("fieldErrors", {}).items()}
    message = FORM_WORDS.get(type(problem), problem.message)
    if details.get("formErrors") or not errors:
        errors[""] = message
    return errors


def _seen(form: Mapping[str, str]) -> Seen | None:
    """The draft on show, as the form saw it."""
    if not form.get("draft"):
        return None
    id = _number(form["draft"], "draft")
    return Seen(id, f"{id}-{form['revision']}" if form.get("revision") else None)


def _once(form: Mapping[str, str], typed: Mapping[str, Any], person: Person) -> Once:
    """What makes a form publish once. A prebuilt page holds no random value: there the key is what was sent, and by
    whom."""
    sent = [typed, *(form.get(name, "") for name in ("rule", "reason", "template", "adapts", "unlisted"))]
    return Once.of(form.get("once") or f"form-{sha256_of(canonical_json([person.id, *sent]))}", sent)


def _number(id: str, kind: str = "rule") -> int:
    """Ids are opaque to clients; ours are whole numbers."""
    if not id.isascii() or not id.isdecimal() or len(id) > 18:
        raise NotFound(f"There is no such {kind}.")
    return int(id)
