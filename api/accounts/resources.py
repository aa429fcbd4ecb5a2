"""HTTP in and out: one's own account."""

from collections.abc import Callable, Mapping

from falcon import Request, Response

from api.accounts import actions
from api.accounts.bodies import Account
from api.database import Database
from api.people import Person, require
from api.wire import BODY_BYTES, read_body, to_json


class OwnAccount:
    def __init__(self, *, database: Database, authenticate: Callable[[Mapping[str, str]], Person | None]) -> None:
        self._database, self._authenticate = database, authenticate

    def on_patch(self, req: Request, resp: Response) -> None:
        person = require(self._authenticate(req.cookies))
        body = read_body(Account, req.bounded_stream.read(BODY_BYTES + 1), req.content_type)
        actions.rename_person(database=self._database, by=person, display_name=body.displayName)
        resp.text = to_json({"ok": True, "user": {"displayName": body.displayName}})
