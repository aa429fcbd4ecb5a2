"""The site's inputs without its fonts, for tests that render pages in their own process."""

from functools import cache
from types import MappingProxyType

from jinja2 import Environment, FileSystemLoader

from api import ROOT
from rulepages.environment import JINJA_ENVIRONMENT, JINJA_FILTERS, jinja_globals
from rulepages.site_inputs import Site, load_site

ASSETS = ("favicon.svg", "site.css", "fraunces-latin.woff2", "public-sans-latin.woff2")
ORIGIN = "https://rules.example.org"


@cache
def site() -> Site:
    return load_site(
        root=ROOT,
        seed_data=ROOT / "seed_data",
        origin=ORIGIN,
        public_origin=ORIGIN,
        assets=MappingProxyType({name: f"/assets/{name}" for name in ASSETS}),
        lock=ROOT / "requirements.txt",
    )


def environment() -> Environment:
    """The engine's own settings on the theme's templates."""
    loader = FileSystemLoader(ROOT / "site" / "theme" / "templates")
    made = Environment(loader=loader, **JINJA_ENVIRONMENT)
    made.filters |= JINJA_FILTERS
    made.globals |= jinja_globals()
    return made
