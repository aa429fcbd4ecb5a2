"""HTTP out: the health check of the platform. Its two bodies are a contract, byte for byte."""

import falcon
from falcon import Request, Response

from api.health.actions import DatabaseProbe
from api.wire import to_json


class Health:
    def __init__(self, *, probe: DatabaseProbe) -> None:
        self._probe = probe

    def on_get(self, req: Request, resp: Response) -> None:
        well = self._probe.answers()
        resp.status = falcon.HTTP_200 if well else falcon.HTTP_503
        resp.text = to_json({"ok": well, "database": "connected" if well else "disconnected"})
