"""Every URL of the API, on one screen."""

from collections.abc import Callable, Mapping
from functools import cache, partial
from typing import Any

import falcon

from api.accounts.resources import OwnAccount
from api.catalogue.resources import Methods, MethodsFit, Template, Templates, TemplatesFit
from api.config import Config
from api.database import Database
from api.drafts.actions import DraftKeeper
from api.drafts.resources import (
    DraftHistory,
    DraftImport,
    DraftRestoring,
    DraftRevisions,
    OneDraft,
    OwnDraft,
    OwnDrafts,
)
from api.health.actions import DatabaseProbe
from api.health.resources import Health
from api.inquiries.resources import OrganizerInquiry
from api.operator.resources import Rebuild
from api.pages.own_pages import OwnPages
from api.people import Person
from api.reports.resources import NewReport, Reports
from api.rules.actions import Parts as RuleParts
from api.rules.resources import (
    PlainDraft,
    PlainForm,
    Profile,
    Rule,
    RuleKeeping,
    RulePublication,
    Rules,
    RuleVersion,
    RuleVisibility,
    SendLink,
)
from api.search.resources import Search
from api.sign_in.actions import KeepCarried
from api.sign_in.resources import Logout, MagicLinkRequest, MagicLinkVerification, Session
from api.uploads.actions import Parts as UploadParts
from api.uploads.resources import Upload, Uploads, read_multipart
from api.vitals.resources import WebVitals
from rulepages.catalogue import load_catalogue


def add_routes(
    app: falcon.App,  # type: ignore[type-arg]
    *,
    config: Config,
    database: Database,
    own_pages: OwnPages,
    probe: DatabaseProbe,
    rule_parts: RuleParts,
    upload_parts: UploadParts,
    drafts: DraftKeeper,
    keep_carried: KeepCarried,
    authenticate: Callable[[Mapping[str, str]], Person | None],
    send_link: SendLink,
) -> None:
    parts: dict[str, Any] = {"database": database, "config": config, "own_pages": own_pages}
    rules: dict[str, Any] = {
        "parts": rule_parts,
        "origin": config.origin,
        "own_pages": own_pages,
        "authenticate": authenticate,
    }
    own_drafts: dict[str, Any] = {"drafts": drafts, "own_pages": own_pages, "authenticate": authenticate}
    catalogue: dict[str, Any] = {"database": database, "files": cache(partial(load_catalogue, config.seed_data))}

    app.add_route("/api/health", Health(probe=probe))

    app.add_route("/api/auth/magic-link/request", MagicLinkRequest(**parts))
    app.add_route("/api/auth/magic-link/verify", MagicLinkVerification(keep_carried=keep_carried, **parts))
    app.add_route("/api/auth/session", Session(**parts))
    app.add_route("/api/auth/logout", Logout(**parts))

    app.add_route("/api/user/me", OwnAccount(database=database, authenticate=authenticate))

    app.add_route("/api/rules", Rules(**rules))
    app.add_route("/api/rules/{rule_id}", Rule(**rules))
    app.add_route("/api/rules/{rule_id}/publication", RulePublication(**rules))
    app.add_route("/api/rules/{rule_id}/keeping", RuleKeeping(**rules))
    app.add_route("/api/rules/{rule_id}/visibility", RuleVisibility(**rules))
    app.add_route("/api/rules/{rule_id}/versions/{number:int(min=1, max=9999999)}", RuleVersion(**rules))
    app.add_route("/api/create/plain", PlainForm(send_link=send_link, drafts=drafts, **rules))
    app.add_route("/api/create/draft", PlainDraft(send_link=send_link, drafts=drafts, **rules))
    app.add_route("/api/profile", Profile(drafts=drafts, **rules))

    app.add_route("/api/drafts", OwnDrafts(**own_drafts))
    app.add_route("/api/drafts/me", OwnDraft(**own_drafts))
    app.add_route("/api/drafts/import", DraftImport(read_multipart=read_multipart, **own_drafts))
    app.add_route("/api/drafts/{draft_id}", OneDraft(**own_drafts))
    app.add_route("/api/drafts/{draft_id}/history", DraftHistory(**own_drafts))
    app.add_route("/api/drafts/{draft_id}/revisions", DraftRevisions(**own_drafts))
    restoring = DraftRestoring(**own_drafts)
    app.add_route("/api/drafts/{draft_id}/revisions/{number:int(min=1, max=9999999)}/restore", restoring)

    app.add_route("/api/uploads", Uploads(parts=upload_parts, authenticate=authenticate))
    app.add_route("/api/uploads/{upload_id}", Upload(parts=upload_parts))

    app.add_route("/api/templates", Templates(**catalogue))
    app.add_route("/api/templates/fit", TemplatesFit(own_pages=own_pages))
    app.add_route("/api/methods/{section}/fit", MethodsFit(own_pages=own_pages))
    app.add_route("/api/templates/{slug}", Template(**catalogue))
    app.add_route("/api/create-flow/methods", Methods(**catalogue))

    app.add_route("/api/search", Search(database=database, own_pages=own_pages))

    app.add_route("/api/operator/rebuild", Rebuild(database=database, config=config, authenticate=authenticate))

    app.add_route("/api/organizer-inquiry", OrganizerInquiry(**parts))
    app.add_route("/api/reports", Reports(**parts))
    app.add_route("/api/reports/new", NewReport(**parts))
    app.add_route("/api/web-vitals", WebVitals(database=database))
