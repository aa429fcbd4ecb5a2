"""HTTP in and out: rules as JSON, and the forms that need no JavaScript."""

from collections.abc import Callable, Mapping
from typing import Any, Protocol

import falcon
from falcon import Request, Response

from api.database import Database
from api.document.plain_form import fill_from_template, keep_unseen, read_controls
from api.document.reading import read_document
from api.document.rule_document import RuleDocument
from api.errors import (
    Conflict,
    DatabaseAway,
    Forbidden,
    Invalid,
    Misconfigured,
    NotFound,
    NotSignedIn,
    Problem,
)
from api.pages.own_pages import OwnPages
from api.people import Person, require
from api.rules import actions
from api.rules.actions import Parts, Published
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
    Misconfigured: falcon.HTTP_500,
    DatabaseAway: falcon.HTTP_503,
}
SIGNED_OUT = (
    "You are not signed in any more. Sign in in another tab, come back to this one and press the button again: nothing"
    " that you typed is lost."
)


class SendLink(Protocol):
    """`sign_in.actions.send_link`, given its parts."""

    def __call__(self, *, email: str, next: str, draft: dict[str, Any] | None = None) -> None: ...


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
        published = actions.publish_rule(
            parts=self._parts, by=person, document=document, visibility=body.visibility, adapts=body.adapts
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
    def on_get(self, req: Request, resp: Response) -> None:
        """One's own rules and drafts, as a page."""
        person = self._person(req)
        if person is None:
            raise falcon.HTTPSeeOther("/sign-in/")
        rules, drafts = actions.list_own(database=self._database, by=person)
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


class PlainForm(_Rules):
    """`/create/plain/`, filled: from a draft, from a rule that is revised, or from what was typed and rejected."""

    def __init__(self, *, send_link: SendLink, **parts: Any) -> None:
        super().__init__(**parts)
        self._send_link = send_link

    def on_get(self, req: Request, resp: Response) -> None:
        """A new rule, perhaps from a template, for everybody; a draft or a rule of one's own, signed in."""
        person = self._person(req)
        rule_id, draft_id = req.get_param("rule"), req.get_param("draft")
        signed_in_as = person.email if person else ""
        if (rule_id or draft_id) and person is None:
            raise falcon.HTTPSeeOther("/sign-in/")
        resp.content_type = falcon.MEDIA_HTML
        if rule_id and person:
            rule, document = actions.read_own_rule(database=self._database, by=person, rule_id=_number(rule_id))
            resp.text = self._own_pages.form(document=document, revising=_revising(rule), signed_in_as=signed_in_as)
        elif draft_id and person:
            draft = actions.read_draft(database=self._database, by=person, draft_id=_number(draft_id))
            resp.text = self._own_pages.form(
                document=draft.document,
                chosen_template=draft.template,
                draft=str(draft.id),
                adapts=draft.adapts,
                unlisted=draft.visibility == actions.UNLISTED,
                signed_in_as=signed_in_as,
            )
        elif adapts := req.get_param("adapt"):
            document = actions.read_version_to_adapt(database=self._database, adapts=adapts)
            resp.text = self._own_pages.form(
                document={**document, "community": {}}, adapts=adapts, signed_in_as=signed_in_as
            )
        else:
            resp.text = self._own_pages.form(
                document=self._with_method(req.get_param("method") or ""),
                chosen_template=req.get_param("template") or "",
                signed_in_as=signed_in_as,
            )

    def on_post(self, req: Request, resp: Response) -> None:
        """Publish or revise; when nobody is signed in, send a link behind which the draft waits."""
        form = parse_form(req.bounded_stream.read(FORM_BYTES + 1), req.content_type)
        typed = read_controls(form, self._own_pages.site.catalogue)
        resp.content_type = falcon.MEDIA_HTML
        person = None
        try:
            person = self._person(req)
            if form.get("rule"):
                self._revise(form, typed, require(person), resp)
            elif person is None:
                self._keep_draft(form, typed, resp)
            else:
                self._publish(form, typed, person, resp)
        except tuple(FORM_STATUSES) as problem:
            resp.status = FORM_STATUSES[type(problem)]
            resp.text = self._own_pages.form(
                **self._typed_back(form, typed, person, problem), errors=_control_errors(problem)
            )

    def _with_method(self, name: str) -> dict[str, Any]:
        """The beginning of a document that uses one method, named as `decisions.lazy-consensus`."""
        section, _, id = name.partition(".")
        catalogue = self._own_pages.site.catalogue
        return {section: [catalogue.entry(section, id)]} if (section, id) in catalogue.methods else {}

    def _publish(self, form: dict[str, str], typed: dict[str, Any], person: Person, resp: Response) -> None:
        draft = form.get("draft", "")
        published = actions.publish_rule(
            parts=self._parts,
            by=person,
            document=self._document(form, typed),
            visibility=_visibility(form),
            adapts=form.get("adapts", ""),
            draft_id=_number(draft) if draft else None,
        )
        self._show(published, resp)

    def _revise(self, form: dict[str, str], typed: dict[str, Any], person: Person, resp: Response) -> None:
        rule, current = actions.read_own_rule(database=self._database, by=person, rule_id=_number(form["rule"]))
        published = actions.revise_rule(
            parts=self._parts,
            by=person,
            rule_id=rule.id,
            document=read_document(keep_unseen(typed, current, self._own_pages.site.catalogue)),
            reason=form.get("reason", ""),
            base=form.get("base") or None,
        )
        self._show(published, resp)

    def _keep_draft(self, form: dict[str, str], typed: dict[str, Any], resp: Response) -> None:
        self._document(form, typed)  # what could not be published is better mended before a mail is on its way
        draft = {
            "document": self._with_unseen(form, typed),
            "template": form.get("template", ""),
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

    def _document(self, form: dict[str, str], typed: dict[str, Any]) -> RuleDocument:
        catalogue = self._own_pages.site.catalogue
        chosen = form.get("template", "")
        template = catalogue.template(chosen) if chosen else None
        if chosen and template is None:
            raise Invalid("There is no such template.", {"fieldErrors": {"template": ["does not exist"]}})
        whole = self._with_unseen(form, typed)
        return read_document(fill_from_template(whole, template, catalogue) if template else whole)

    def _with_unseen(self, form: dict[str, str], typed: dict[str, Any]) -> dict[str, Any]:
        """With what a rule that is adapted holds and the form has no control for."""
        adapts = form.get("adapts", "")
        if not adapts:
            return typed
        current = actions.read_version_to_adapt(database=self._database, adapts=adapts)
        return keep_unseen(typed, {**current, "community": {}}, self._own_pages.site.catalogue)

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
        return {
            "document": typed,
            "chosen_template": form.get("template", ""),
            "email": form.get("email", ""),
            "reason": form.get("reason", ""),
            "draft": form.get("draft", ""),
            "adapts": form.get("adapts", ""),
            "unlisted": _visibility(form) == actions.UNLISTED,
            "revising": self._revised_rule(form, typed, person, problem) if form.get("rule") else None,
            "signed_in_as": person.email if person else "",
        }

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
        return _revising(rule) if isinstance(problem, Conflict) else {**_revising(rule), "sha256": kept["sha256"]}


def _visibility(form: dict[str, str]) -> str:
    return actions.UNLISTED if form.get("unlisted") else actions.PUBLIC


def _revising(rule: RuleRow) -> dict[str, Any]:
    return {"id": str(rule.id), "slug": rule.slug, "title": rule.title, "sha256": rule.sha256}


def _control_errors(problem: Problem) -> dict[str, str]:
    """Sentences by control name; the empty name for what concerns the whole form."""
    details = problem.details or {}
    errors = {path: words[0] for path, words in details.get("fieldErrors", {}).items()}
    message = SIGNED_OUT if isinstance(problem, NotSignedIn) else problem.message
    if details.get("formErrors") or not errors:
        errors[""] = message
    return errors


def _number(id: str) -> int:
    """Ids are opaque to clients; ours are whole numbers."""
    if not id.isascii() or not id.isdecimal() or len(id) > 18:
        raise NotFound("There is no such rule.")
    return int(id)
