"""HTTP in and out: what operators can ask for when they are signed in."""

from collections.abc import Callable, Mapping

import falcon
from falcon import Request, Response

from api.config import Config
from api.database import Database
from api.operator import actions
from api.people import Person, require
from api.wire import to_json


class Rebuild:
    def __init__(
        self, *, database: Database, config: Config, authenticate: Callable[[Mapping[str, str]], Person | None]
    ) -> None:
        self._database, self._config, self._authenticate = database, config, authenticate

    def on_post(self, req: Request, resp: Response) -> None:
        """Queue a whole release. It is made beside the live one and takes its place when it is ready."""
        person = require(self._authenticate(req.cookies))
        job_id = actions.ask_for_rebuild(database=self._database, config=self._config, by=person)
        resp.status = falcon.HTTP_202
        resp.text = to_json({"ok": True, "job": str(job_id)})
