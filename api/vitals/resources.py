"""HTTP in and out: web vitals."""

from falcon import Request, Response

from api.database import Database
from api.vitals import actions
from api.vitals.bodies import Measurement
from api.wire import FORM_BYTES, read_body, to_json

STORAGE = "postgresql"
SHOWN_DAYS = 28


class WebVitals:
    def __init__(self, *, database: Database) -> None:
        self._database = database

    def on_get(self, req: Request, resp: Response) -> None:
        """What was counted in the last days; `days` says how many."""
        days = req.get_param_as_int("days", min_value=1, max_value=actions.KEPT_DAYS, default=SHOWN_DAYS)
        metrics = actions.read_vitals(database=self._database, days=days)
        resp.text = to_json({"metrics": metrics, "storage": STORAGE})

    def on_post(self, req: Request, resp: Response) -> None:
        body = read_body(Measurement, req.bounded_stream.read(FORM_BYTES + 1), req.content_type)
        actions.count_measurement(database=self._database, metric=body.metric, value=body.data.value, url=body.url)
        resp.text = to_json({"success": True, "storage": STORAGE})
