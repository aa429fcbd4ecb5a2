"""Everything that pages are made of besides rows: the words from files, the address of the site, the assets."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from rulepages.catalogue import Catalogue, load_catalogue
from rulepages.content import Content, load_content
from rulepages.listings import Filter, filters_of


@dataclass(frozen=True, slots=True)
class Site:
    """`origin` has no slash at its end. `public` is false where search engines must stay away.

    `assets` maps a name (`site.css`) to its address with a hash (`/assets/site.0123456789ab.css`). `digest` stands for
    every input: two sites with the same digest give the same bytes for the same rows. `filters` are what rules can be
    browsed by, by the name of the listing.
    """

    origin: str
    public: bool
    content: Content
    catalogue: Catalogue
    filters: Mapping[str, Filter]
    assets: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    digest: str = ""

    def asset(self, name: str) -> str:
        return self.assets[name]

    def url(self, address: str) -> str:
        return self.origin + address


def load_site(
    *, root: Path, seed_data: Path, origin: str, public_origin: str, assets: Mapping[str, str], lock: Path
) -> Site:
    """Read every input that is not a row. `root` is the repository's folder; `lock` the file of pinned packages."""
    content_folder, code = root / "content", root / "site"
    files = [*_files(content_folder, "*.md"), *_files(seed_data, "*.md"), *_files(seed_data, "*.toml")]
    files += [*_files(code, "*.py"), *_files(code / "theme", "*"), lock]
    settings = [origin, public_origin, *(f"{name}={address}" for name, address in sorted(assets.items()))]
    catalogue = load_catalogue(seed_data)
    return Site(
        origin=origin,
        public=origin == public_origin,
        content=load_content(content_folder),
        catalogue=catalogue,
        filters=MappingProxyType(filters_of(catalogue)),
        assets=MappingProxyType(dict(assets)),
        digest=_digest_files(files, settings),
    )


def _files(folder: Path, pattern: str) -> list[Path]:
    return sorted(path for path in folder.rglob(pattern) if path.is_file() and "__pycache__" not in path.parts)


def _digest_files(files: list[Path], settings: list[str]) -> str:
    """Contents in a fixed order, never paths outside the tree or times, so that two checkouts agree."""
    total = hashlib.sha256("\n".join(settings).encode())
    for path in files:
        content = path.read_bytes()
        total.update(f"\n{path.name} {len(content)}\n".encode())
        total.update(content)
    return total.hexdigest()
