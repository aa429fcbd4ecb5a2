"""`rebuild --check`: is every page of the live release what the rows say, and undamaged? Without rendering."""

import hashlib
import zlib
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from api.config import Config
from api.database import Transaction
from api.pages.manifest import Entry, Manifest, fingerprint
from api.pages.renderer import Renderer
from api.pages.source import SnapshotSource
from api.pages.tree import COMPLETE, Tree
from page_files import has_twin
from rulepages.pages import all_pages


@dataclass(slots=True)
class Drift:
    """Paths of the live release that are not as they should be."""

    release: str = ""
    checked: int = 0
    outdated: list[str] = field(default_factory=list)  # made from other rows or inputs than there are now
    damaged: list[str] = field(default_factory=list)  # other bytes, or a twin that is not theirs
    missing: list[str] = field(default_factory=list)
    unexpected: list[str] = field(default_factory=list)

    @property
    def found(self) -> bool:
        return bool(self.outdated or self.damaged or self.missing or self.unexpected)

    def to_json(self) -> dict[str, Any]:
        return {**asdict(self), "drift": self.found}


def check_tree(config: Config, tree: Tree, connection: Transaction) -> Drift | None:
    """Compare the live release with the rows; None when there is no release."""
    release = tree.current_id()
    if release is None:
        return None
    drift = Drift(release)
    renderer = Renderer(config, tree, release)
    root, manifest = tree.folder(release), Manifest(tree.manifest_file(release))
    expected: set[bytes] = set()  # of each path 8 bytes: a hundred thousand rules have a million files
    with SnapshotSource(connection) as source:
        for page in all_pages(renderer.site, source):
            expected.update(_short(name) for name in files_of(page.path))
            _check_page(root, page.path, fingerprint(page, renderer.site.digest), manifest, drift)
    renderer.close()
    drift.unexpected = sorted(name for name in _files(root) if _short(name) not in expected)
    return drift


def _check_page(root: Path, path: str, mark: bytes, manifest: Manifest, drift: Drift) -> None:
    drift.checked += 1
    entry = manifest.entry(path)
    if not (root / path).exists():
        drift.missing.append(path)
    elif entry is None or entry.fingerprint != mark:
        drift.outdated.append(path)
    elif not is_undamaged(root, path, entry):
        drift.damaged.append(path)


def is_undamaged(root: Path, path: str, entry: Entry) -> bool:
    """Whether a page's file, and its twin, hold what was written."""
    file = root / path
    try:
        data = file.read_bytes()
        if hashlib.sha256(data).digest() != entry.sha256:
            return False
        return not has_twin(path) or _unpacked(Path(f"{file}.gz")) == data
    except OSError:
        return False


def _unpacked(file: Path) -> bytes | None:
    try:
        return zlib.decompress(file.read_bytes(), wbits=31)
    except zlib.error:
        return None


def files_of(path: str) -> tuple[str, ...]:
    """The names of a page's files."""
    return (path, f"{path}.gz") if has_twin(path) else (path,)


def _files(root: Path) -> Iterator[str]:
    return (str(path.relative_to(root)) for path in root.rglob("*") if path.is_file() and path.name != COMPLETE)


def _short(name: str) -> bytes:
    return hashlib.blake2b(name.encode(), digest_size=8).digest()
