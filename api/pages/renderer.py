"""Pelican's environment, opened once per process, writing pages into one release.

Only the pages worker imports this module: importing Pelican takes over logging process-wide (undone at once).
"""

from pathlib import Path
from typing import Any

from adapter import open_generator, restore_logging, site_of
from api import ROOT
from api.config import Config
from api.pages.manifest import Manifest, fingerprint
from api.pages.tombstones import Tombstones
from api.pages.tree import Tree
from page_files import remove_file, write_file
from rulepages.pages import Page

restore_logging()


class Renderer:
    """Writes pages of one release and keeps its manifest. `site` is everything that pages are made of besides rows."""

    def __init__(self, config: Config, tree: Tree, release: str, *, served: str | None = None) -> None:
        self.release = release
        self.root = tree.folder(release)
        self.root.mkdir(parents=True, exist_ok=True)
        self._generator, self._writer = open_generator(
            ROOT / "site" / "pelicanconf.py", self.root, overrides(config), tree.folder(served) if served else None
        )
        self.site = site_of(self._generator.settings)
        self.manifest = Manifest(tree.manifest_file(release))
        self._tombstones = Tombstones(tree.build)

    def become_live(self) -> None:
        """From now on readers see this release, so that its own files are what new times are measured against."""
        self._writer.served_from = None

    def write(self, page: Page) -> bool:
        """Render and put in place; False when the bytes were there already."""
        self._writer.after = self._tombstones.moment(page.path)
        self._generator.write(self._writer, page)
        self.manifest.wrote(page.path, self._writer.data, fingerprint(page, self.site.digest))
        return self._writer.written

    def carry_over(self, folder: str) -> None:
        """Link what the served release has below a folder, as it is."""
        served = self._writer.served_from
        if served is None:
            return
        for file in sorted((served / folder).rglob("*")):
            path = str(file.relative_to(served))
            if file.is_file() and not path.endswith(".gz"):
                write_file(self.root, path, file.read_bytes(), served)
                self.manifest.wrote(path, file.read_bytes(), "carried over")

    def remove(self, path: str) -> bool:
        self._tombstones.outlive(path, self.root / path)
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
