"""All of Pelican's settings. Environment variables are read here only when the stock `pelican` command runs; the pages
worker passes the same names as overrides."""

import os
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [path for path in [str(HERE / "plugins")] if path not in sys.path]

from rulepages.environment import JINJA_ENVIRONMENT, JINJA_FILTERS, jinja_globals  # noqa: E402, F401 - needs the path above

JINJA_GLOBALS = jinja_globals()

SITENAME = "CommunityRule"
ORIGIN = os.environ.get("ORIGIN", "http://localhost:3000")
PUBLIC_ORIGIN = os.environ.get("PUBLIC_ORIGIN", "https://communityrule.info")
SITEURL = ORIGIN
TIMEZONE = "UTC"
DEFAULT_LANG = "en"

REPOSITORY = str(HERE.parent)
SEED_DATA = os.environ.get("SEED_DATA_DIR", str(HERE.parent / "seed_data"))
LOCK = str(HERE.parent / "requirements.txt")
RULES_EXPORT = os.environ.get("RULES_EXPORT", "")
ASSETS_DIR = os.environ.get("ASSETS_DIR", str(HERE.parent / "build" / "assets"))

PATH = str(HERE.parent / "content")
OUTPUT_PATH = str(HERE.parent / "build" / "output")
THEME = str(HERE / "theme")
PLUGIN_PATHS = [str(HERE / "plugins")]
PLUGINS = ["adapter"]
DELETE_OUTPUT_DIRECTORY = False

# Every page comes from the page engine, none from Pelican's own generators.
ARTICLE_PATHS: list[str] = []
PAGE_PATHS: list[str] = []
STATIC_PATHS: list[str] = []
DIRECT_TEMPLATES: list[str] = []
THEME_STATIC_PATHS: list[str] = []
FEED_ALL_ATOM = CATEGORY_FEED_ATOM = TRANSLATION_FEED_ATOM = AUTHOR_FEED_ATOM = AUTHOR_FEED_RSS = None
