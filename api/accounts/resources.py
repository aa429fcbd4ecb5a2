"""HTTP in and out: one's own account."""

from collections.abc import Callable, Mapping

import falcon
from falcon import Request, Response

from api.accounts import actions
from api.accounts.bodies import Account
from api.database import Database
from api.people import Person, require
from api.wire import BODY_BYTES, parse_form, read_body, read_fields, to_json


class OwnAccount:
    def __init__(self, *, database: Database, authenticate: Callable[[Mapping[str, str]], Person | None]) -> None:
        self._database, self._authenticate = database, authenticate

    def on_patch(self, req: Request, resp: Response) -> None:
        person = require(self._authenticate(req.cookies))
        body = read_body(Account, req.bounded_stream.read(BODY_BYTES + 1), req.content_type)
        actions.rename_person(database=self._database, by=person, display_name=body.displayName)
        resp.text = to_json({"ok": True, "user": {"displayName": body.displayName}})

    def on_post(self, req: Request, resp: Response) -> None:
        """The same from a form."""
        person = require(self._authenticate(req.cookies))
        form = parse_form(req.bounded_stream.read(BODY_BYTES + 1), req.content_type)
        body = read_fields(Account, {"displayName": form.get("displayName", "")})
        actions.rename_person(database=self._database, by=person, display_name=body.displayName)
        raise falcon.HTTPSeeOther("/api/profile")
