"""The measure of every tree: all pages of the rows, made in an empty folder, with no fingerprint and no link."""

import re
import shutil
from dataclasses import replace
from pathlib import Path

from adapter import open_generator, site_of
from api import ROOT
from api.config import Config, read_config
from api.database import connect
from api.launcher.launcher import running_database_url
from api.pages.renderer import overrides
from api.pages.source import SnapshotSource
from api.pages.tree import COMPLETE, Tree
from rulepages.pages import Page, all_pages
from tests.support.running_site import RunningSite, wait_until
from tests.support.trees import built_by_stock_pelican, difference, files_of, live_tree

HEAL_SECONDS = 30
OWN_PAGE = re.compile(rb'data-version="(\d+)" data-sha256="([0-9a-f]{64})"')


class FullBuild:
    """Made many times in this process: what is loaded once is what the pages worker also loads once."""

    def __init__(self, config: Config, folder: Path) -> None:
        self._url, self._folder = config.database_url, folder
        self._generator, self._writer = open_generator(
            ROOT / "site" / "pelicanconf.py", folder, overrides(config), None
        )
        self._site = site_of(self._generator.settings)
        self.pages: list[Page] = []  # what the last call of `files` made

    @property
    def digest(self) -> str:
        """Of everything that pages are made of besides rows."""
        return self._site.digest

    def files(self) -> dict[str, bytes]:
        """Paths and bytes of the tree that the rows of this moment make."""
        shutil.rmtree(self._folder, ignore_errors=True)
        with connect(self._url) as connection, SnapshotSource(connection) as source:
            self.pages = list(all_pages(self._site, source))
        for page in self.pages:
            self._generator.write(self._writer, page)
        return files_of(self._folder)


def config_of(site: RunningSite) -> Config:
    """What a running copy's own processes read."""
    config = read_config(site.environment)
    return replace(config, database_url=running_database_url(config))


def open_jobs(url: str) -> int:
    """How many changes are still on their way to their pages."""
    return _one(url, "SELECT count(*) FROM job WHERE kind = 'page' AND done_at IS NULL")


def wait_until_settled(url: str, seconds: float = HEAL_SECONDS) -> None:
    wait_until(lambda: open_jobs(url) == 0, seconds)


def assert_exact(site: RunningSite, folder: Path) -> dict[str, bytes]:
    """When no job is open, the live tree is what the stock `pelican` makes of the rows: another process, an empty
    folder, no fingerprint. So are the tombstones, and `rebuild --check` agrees. Returns the tree."""
    config = config_of(site)
    wait_until_settled(config.database_url)
    tree = live_tree(config)
    assert difference(tree, built_by_stock_pelican(config, folder)) == []
    assert tombstones(config) == hidden_slugs(config.database_url)
    check = site.command("rebuild", "--check")
    assert check.returncode == 0, check.stdout + check.stderr
    return tree


def assert_published(tree: dict[str, bytes], versions: dict[str, int]) -> None:
    """Every rule of `versions` (slug to number) has its page, of that version or a later one, and all its versions'."""
    missing = [
        f"{slug}, version {number}"
        for slug, number in versions.items()
        if version_on(tree.get(f"rules/{slug}/index.html", b"")) < number
        or not all(f"rules/{slug}/v/{n}/index.html" in tree for n in range(1, number + 1))
    ]
    assert missing == []


def version_on(page: bytes) -> int:
    """The version that a rule's page says it shows; 0 when it says none."""
    found = OWN_PAGE.search(page)
    return int(found[1]) if found else 0


def tombstones(config: Config) -> set[str]:
    return {path.name for path in (config.build / "gone").iterdir()}


def hidden_slugs(url: str) -> set[str]:
    with connect(url) as connection:
        return {slug for (slug,) in connection.execute("SELECT slug FROM rule WHERE state <> 'published'")}


def visible(files: dict[str, bytes]) -> dict[str, bytes]:
    """Without the names that start with a dot, which nobody is served: pages on their way in."""
    return {path: data for path, data in files.items() if not path.rpartition("/")[2].startswith(".")}


def served_files(config: Config) -> dict[str, bytes]:
    """What lies in the served release now, in whatever state its writer left it."""
    current = Tree(config.build).current_id()
    assert current is not None
    found = visible(files_of(Tree(config.build).folder(current)))
    found.pop(COMPLETE, None)
    return found


def torn(now: dict[str, bytes], *wholes: dict[str, bytes]) -> list[str]:
    """Paths whose bytes are in none of some whole trees."""
    return sorted(path for path, data in now.items() if not any(whole.get(path) == data for whole in wholes))


def _one(url: str, statement: str) -> int:
    with connect(url) as connection:
        row = connection.execute(statement).fetchone()  # type: ignore[call-overload]
    assert row is not None
    return int(row[0])
