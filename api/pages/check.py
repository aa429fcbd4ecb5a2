"""`rebuild --check`: does the tree hold what the rows say? Fingerprints from rows, hashes from files, no rendering."""

import hashlib
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from api.config import Config
from api.database import Transaction
from api.pages.manifest import Manifest, fingerprint
from api.pages.renderer import Renderer
from api.pages.source import SnapshotSource
from api.pages.tree import COMPLETE, Tree
from rulepages.pages import all_pages


@dataclass(slots=True)
class Drift:
    """Paths of the live release that are not as they should be."""

    release: str = ""
    checked: int = 0
    outdated: list[str] = field(default_factory=list)  # made from other rows or inputs than there are now
    damaged: list[str] = field(default_factory=list)  # other bytes, or a missing twin
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
    expected: set[str] = set()
    with SnapshotSource(connection) as source:
        for page in all_pages(renderer.site, source):
            expected.add(page.path)
            _check_page(root, page.path, fingerprint(page, renderer.site.digest), manifest, drift)
    drift.unexpected = sorted(_files(root) - expected - {f"{path}.gz" for path in expected} - {COMPLETE})
    return drift


def _check_page(root: Path, path: str, mark: str, manifest: Manifest, drift: Drift) -> None:
    drift.checked += 1
    entry, file = manifest.entries.get(path), root / path
    if not file.exists():
        drift.missing.append(path)
    elif entry is None or entry.fingerprint != mark:
        drift.outdated.append(path)
    elif hashlib.sha256(file.read_bytes()).hexdigest() != entry.sha256 or not Path(f"{file}.gz").exists():
        drift.damaged.append(path)


def _files(root: Path) -> set[str]:
    return {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()}
