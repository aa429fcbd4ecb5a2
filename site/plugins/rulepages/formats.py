"""What every format of a version states about itself, and how one that cannot be read back is told."""

from dataclasses import dataclass

from rulepages.rows import Version
from rulepages.site_inputs import Site
from rulepages.uploads import FOLDER

LICENSE = "CC BY-SA 4.0"
LICENSE_URL = "https://creativecommons.org/licenses/by-sa/4.0/"


@dataclass(frozen=True, slots=True)
class Stated:
    """Facts of one version: none is part of its document.

    `published_at` is UTC (`2026-11-24T09:30:00Z`). `address` is the version's own, for ever; `current` is where the
    rule's newest version is read. Both are whole addresses. `sha256` is over the document's canonical JSON.
    """

    version: int
    published_at: str
    address: str
    current: str
    sha256: str
    license: str = LICENSE
    license_url: str = LICENSE_URL

    def upload(self, name: str) -> str:
        """The whole address of an uploaded picture or file."""
        return f"{self.current.partition('/rules/')[0]}{FOLDER}{name}"


def stated(site: Site, slug: str, version: Version) -> Stated:
    current = site.url(f"/rules/{slug}/")
    return Stated(version.number, version.published_at, f"{current}v/{version.number}/", current, version.sha256)


class Unreadable(Exception):
    """A file that is not a rule. `line` counts from 1; it is None where no single line is at fault."""

    def __init__(self, line: int | None, message: str) -> None:
        super().__init__(message if line is None else f"Line {line}: {message}")
        self.line = line
        self.message = message
