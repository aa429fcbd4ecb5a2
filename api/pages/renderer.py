"""Pelican's environment, opened once per process, writing pages into one release.

Only the pages worker imports this module: importing Pelican takes over logging process-wide (undone at once).
"""

import hashlib
from pathlib import Path
from typing import Any

from adapter import open_generator, restore_logging, site_of
from api import ROOT
from api.config import Config
from api.pages.manifest import Entry, Manifest, fingerprint
from api.pages.tree import Tree
from page_files import link_file, remove_file, write_file
from rulepages.page import Page

restore_logging()


class Renderer:
    """Writes pages of one release and keeps its manifest. `site` is everything that pages are made of besides rows.

    `served` is the release that readers see while this one is being built: a page that has the same fingerprint there,
    and is undamaged, is linked and not rendered.
    """

    def __init__(self, config: Config, tree: Tree, release: str, *, served: str | None = None) -> None:
        self.release = release
        self.root = tree.folder(release)
        self.root.mkdir(parents=True, exist_ok=True)
        self._served = tree.folder(served) if served else None
        self._served_manifest = Manifest(tree.manifest_file(served)) if served else None
        self._generator, self._writer = open_generator(
            ROOT / "site" / "pelicanconf.py", self.root, overrides(config), self._served
        )
        self.site = site_of(self._generator.settings)
        self.manifest = Manifest(tree.manifest_file(release))
        self.rendered = 0

    def become_live(self) -> None:
        """From now on readers see this release, so that its own files are what new times are measured against."""
        self._writer.served_from = self._served = None
        if self._served_manifest:
            self._served_manifest.close()
            self._served_manifest = None

    def write(self, page: Page) -> bool:
        """Put the page in place, linked or rendered; False when the bytes were there already."""
        mark = fingerprint(page, self.site.digest)
        if self._served and self._served_manifest:
            entry = self._served_manifest.entry(page.path)
            if entry and entry.fingerprint == mark and link_file(self.root, page.path, self._served, entry.sha256):
                self.manifest.wrote(page.path, entry)
                return True
        self._generator.write(self._writer, page)
        self.rendered += 1
        self.manifest.wrote(page.path, Entry(hashlib.sha256(self._writer.data).digest(), mark))
        return self._writer.written

    def carry_over(self, folder: str) -> None:
        """Link what the served release has below a folder, as it is, and let the next check look at it again."""
        if self._served is None:
            return
        for file in sorted((self._served / folder).rglob("*")):
            path = str(file.relative_to(self._served))
            if file.is_file() and file.suffix != ".gz":
                data = file.read_bytes()
                write_file(self.root, path, data, self._served)
                self.manifest.wrote(path, Entry(hashlib.sha256(data).digest(), b""))

    def remove(self, path: str) -> bool:
        removed = remove_file(self.root, path)
        self.manifest.removed(path)
        return removed


def overrides(config: Config) -> dict[str, Any]:
    """The settings of `pelicanconf.py` that come from ours."""
    return {
        "ORIGIN": config.origin,
        "SITEURL": config.origin,
        "PUBLIC_ORIGIN": config.public_origin,
        "SEED_DATA": str(config.seed_data),
        "ASSETS_DIR": str(Path(config.build) / "assets"),
    }
