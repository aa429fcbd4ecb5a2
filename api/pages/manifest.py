"""What a release holds: for each path the sha256 of its bytes and the fingerprint of what it was made from.

A journal beside the release: one JSON line per written or removed page, appended as it happens; the last line for a
path counts. It is written after the page, so a page is never newer than the line that the worker's next try will add.
"""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

from rulepages.pages import Page


@dataclass(frozen=True, slots=True)
class Entry:
    sha256: str
    fingerprint: str


def fingerprint(page: Page, site_digest: str) -> str:
    """The inputs of a page without rendering it: the release's, and the rows' that it shows."""
    return hashlib.sha256(f"{site_digest}\n{page.path}\n{page.template}\n{page.key}".encode()).hexdigest()


class Manifest:
    """The journal of one release. `entries` is what the release should hold now."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self.entries: dict[str, Entry] = {}
        self._pending: list[str] = []
        self._torn = False  # the last line has no end: what is appended must not become part of it
        if file.exists():
            self._read()

    def wrote(self, path: str, data: bytes, mark: str) -> None:
        entry = Entry(hashlib.sha256(data).hexdigest(), mark)
        if self.entries.get(path) != entry:
            self.entries[path] = entry
            self._pending.append(json.dumps([path, entry.sha256, entry.fingerprint]))

    def removed(self, path: str) -> None:
        if self.entries.pop(path, None):
            self._pending.append(json.dumps([path]))

    def flush(self) -> None:
        """Append what has happened since the last time, in one write."""
        if self._pending:
            start = "\n" * self._torn
            self._torn = True  # unless all of it fits
            with self._file.open("a", encoding="utf-8") as file:
                file.write(start + "\n".join(self._pending) + "\n")
            self._torn = False
            self._pending.clear()

    def _read(self) -> None:
        lines = self._file.read_text(encoding="utf-8", errors="replace").split("\n")
        self._torn = bool(lines[-1])
        for line in lines[:-1]:
            try:
                row = json.loads(line)
            except ValueError:
                continue  # torn by a power cut in the middle of the file system's own order; --check will show it
            if not isinstance(row, list):
                continue
            if len(row) == 3:
                self.entries[row[0]] = Entry(row[1], row[2])
            else:
                self.entries.pop(row[0], None)
