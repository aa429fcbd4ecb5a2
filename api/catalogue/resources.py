"""HTTP out: templates as JSON."""

from typing import Any

from falcon import Request, Response

from api.catalogue import actions
from api.catalogue.queries import TemplateRow
from api.database import Database
from api.wire import to_json


class Templates:
    def __init__(self, *, database: Database) -> None:
        self._database = database

    def on_get(self, req: Request, resp: Response) -> None:
        templates = actions.list_templates(database=self._database)
        resp.text = to_json({"templates": [_plain(template) for template in templates]})


class Template:
    def __init__(self, *, database: Database) -> None:
        self._database = database

    def on_get(self, req: Request, resp: Response, slug: str) -> None:
        resp.text = to_json({"template": _plain(actions.read_template(database=self._database, id=slug))})


def _plain(row: TemplateRow) -> dict[str, Any]:
    return {
        "id": row.id,
        "slug": row.id,
        "title": row.title,
        "category": None,
        "description": row.summary,
        "body": row.body,
        "sortOrder": row.place,
        "featured": row.featured,
    }
