"""Pages that the API renders itself: the theme's templates through plain Jinja, with the page engine's settings."""

from dataclasses import replace
from functools import cached_property
from typing import Any

from jinja2 import Environment, FileSystemLoader

from api import ROOT
from api.config import Config
from asset_files import build_assets
from rulepages.environment import JINJA_ENVIRONMENT, JINJA_FILTERS, jinja_globals
from rulepages.page import Meta, Page
from rulepages.plain_form import plain_form
from rulepages.site_inputs import Site, load_site

THEME = ROOT / "site" / "theme"


class OwnPages:
    """Loaded at the first page that is asked for: by then the pages worker has made the assets."""

    def __init__(self, config: Config) -> None:
        self._config = config

    @cached_property
    def site(self) -> Site:
        return load_site(
            root=ROOT,
            seed_data=self._config.seed_data,
            origin=self._config.origin,
            public_origin=self._config.public_origin,
            assets=build_assets(THEME / "static", self._config.build / "assets"),
            lock=ROOT / "requirements.txt",
        )

    def message(
        self, heading: str, lines: list[str], *, action: tuple[str, str] | None = None, refresh: int = 0
    ) -> str:
        """A short page: a heading, some sentences, perhaps one link (label, address) and a refresh in seconds."""
        link = {"label": action[0], "address": action[1]} if action else None
        return self.render("message.html", heading, heading=heading, lines=lines, action=link, refresh=refresh)

    def form(self, **parts: Any) -> str:
        """`create_plain.html` with what was typed; see `rulepages.plain_form`."""
        title = "Revise your rule" if parts.get("revising") else "Write a rule"
        return self.render("create_plain.html", title, current="create", **plain_form(self.site.catalogue, **parts))

    def page(self, page: Page) -> str:
        """A page of the engine's, with what was asked for; it keeps the static one's address and is not indexed."""
        context = dict(page.context())
        context["page"] = replace(context["page"], indexed=False)
        return self._environment.get_template(page.template).render(context)

    def render(self, template: str, title: str, *, current: str = "profile", **context: Any) -> str:
        meta = Meta("/", title, title, indexed=False, current=current)
        return self._environment.get_template(template).render(site=self.site, page=meta, **context)

    @cached_property
    def _environment(self) -> Environment:
        environment = Environment(loader=FileSystemLoader(THEME / "templates"), **JINJA_ENVIRONMENT)  # noqa: S701
        environment.filters.update(JINJA_FILTERS)
        environment.globals.update(jinja_globals())
        return environment
