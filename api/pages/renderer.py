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
from api.pages.tombstones import Tombstones
from api.pages.tree import Tree
from page_files import link_file, remove_file, write_file
from page_writer import WriterProcess
from rulepages.page import Page

restore_logging()


class Renderer:
    """Writes pages of one release and keeps its manifest. `site` is everything that pages are made of besides rows.

    `served` is the release that readers see while this one is being built: a page that has the same fingerprint there,
    and is undamaged, is linked and not rendered. `gentle` is how much the writing gives way to others meanwhile.

    Pages are packed and written by a second process; what `write` took is in place after `settle`.
    """

    def __init__(self, config: Config, tree: Tree, release: str, *, served: str | None = None, gentle: int = 0) -> None:
        self.release = release
        self.root = tree.folder(release)
        self.root.mkdir(parents=True, exist_ok=True)
        self._served, self._gentle = (tree.folder(served) if served else None), gentle
        self._served_manifest = Manifest(tree.manifest_file(served)) if served else None
        self._generator, self._writer = open_generator(ROOT / "site" / "pelicanconf.py", self.root, overrides(config))
        self.site = site_of(self._generator.settings)
        self.manifest = Manifest(tree.manifest_file(release))
        self._tombstones = Tombstones(tree.build)
        self.rendered = 0
        self._process: WriterProcess | None = None
        self._writer.put = self._put

    def start_writing(self) -> WriterProcess:
        """Start the second process, anew if there is one, in the thread that will last as long as it."""
        self._stop_writing()
        self._process = WriterProcess(self.root, self._served, self._gentle)
        return self._process

    def _stop_writing(self) -> None:
        if self._process:
            self._process.close()
            self._process = None

    def _put(self, path: str, data: bytes) -> None:
        process = self._process or self.start_writing()
        try:
            process.write(path, data, self._tombstones.moment(path))
        except OSError:
            self._begin_anew()
            raise

    def _begin_anew(self) -> None:
        """After a failure: what was on its way may be in place or not."""
        self.manifest.forget_pending()
        self._stop_writing()

    def become_live(self) -> None:
        """From now on readers see this release, so that its own files are what new times are measured against."""
        self._served, self._gentle = None, 0
        if self._served_manifest:
            self._served_manifest.close()
            self._served_manifest = None
        self.start_writing()

    def close(self) -> None:
        self._stop_writing()
        self.manifest.close()

    def write(self, page: Page) -> None:
        """Put the page in place, linked or rendered."""
        mark = fingerprint(page, self.site.digest)
        if self._served and self._served_manifest:
            entry = self._served_manifest.entry(page.path)
            if entry and entry.fingerprint == mark and link_file(self.root, page.path, self._served, entry.sha256):
                self.manifest.wrote(page.path, entry)
                return
        self._generator.write(self._writer, page)
        self.rendered += 1
        self.manifest.wrote(page.path, Entry(hashlib.sha256(self._writer.data).digest(), mark))

    def settle(self) -> list[str]:
        """Wait until what was written is in place; return the paths whose bytes changed.

        OSError when something could not be written; then the manifest knows nothing of it, and a new process writes.
        """
        process = self._process or self.start_writing()
        try:
            return process.settle()
        except OSError:
            self._begin_anew()
            raise

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
        """Only after `settle`: what is on its way would come after."""
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
