"""A batch of changes becomes pages: what is affected is rendered from one snapshot, written, and pruned in reverse."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from api.pages.renderer import Renderer
from api.pages.source import SnapshotSource
from rulepages.affected import Affected, Change, affected
from rulepages.pages import page_at


@dataclass(slots=True)
class Report:
    """Which files some changes touched; paths relative to the release."""

    written: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        return {"written": self.written, "removed": self.removed}


class Publisher:
    """Writes changes into one release, in two steps: what makes them live, and what follows.

    What follows may wait while another batch is made live; then it is written once for both.
    """

    def __init__(self, renderer: Renderer) -> None:
        self._renderer = renderer
        self._later: dict[str, None] = {}  # an ordered set of paths
        self._absent: dict[str, None] = {}  # where no page belongs any more
        self._listings: set[str] = set()  # that those of `_later` show
        self._report = Report()

    def write_live(self, source: SnapshotSource, changes: list[Change]) -> dict[str, str]:
        """Each rule's own pages, then `/rules/` and `/`; return the slugs of rules that cannot be rendered, with the
        reason.

        Those are left out; an error in a shared page is raised.
        """
        failed: dict[str, str] = {}
        for slug, found in _by_rule(changes).items():
            try:
                self._write(source, _merged(item.own for item in found))
            except OSError:
                raise  # the disk's fault, not the rule's
            except Exception as error:
                failed[slug] = f"{type(error).__name__}: {error}"
        good = [change for change in changes if change.slug not in failed]
        shared = [affected(change) for change in good]
        self._write(source, _merged(item.shared for item in shared))
        self._settle()
        self._later.update(_merged(item.later for item in shared))
        self._listings.update(listing for change in good for listing in change.places)
        return failed

    def write_later(self, source: SnapshotSource, interrupted: Callable[[], bool]) -> Report | None:
        """The rest, page by page, then removals in reverse order. None when interrupted: call it again later."""
        source.load(self._listings)
        while self._later:
            if interrupted():
                self._settle()
                return None
            path = next(iter(self._later))
            self._write(source, [path])
            del self._later[path]
        self._settle()
        for path in reversed(self._absent):
            if self._renderer.remove(path):
                self._report.removed.append(path)
        self._renderer.manifest.flush()
        report, self._report = self._report, Report()
        self._absent.clear()
        self._listings.clear()
        return report

    def _settle(self) -> None:
        self._report.written += self._renderer.settle()

    def _write(self, source: SnapshotSource, paths: Iterable[str]) -> None:
        for path in paths:
            page = page_at(self._renderer.site, source, path)
            if page is None:
                self._absent[path] = None
                continue
            self._absent.pop(path, None)
            self._renderer.write(page)


def _by_rule(changes: list[Change]) -> dict[str, list[Affected]]:
    """Several changes of one rule are rendered once."""
    found: dict[str, list[Affected]] = {}
    for change in changes:
        found.setdefault(change.slug, []).append(affected(change))
    return found


def _merged(paths: Iterable[Mapping[str, str]]) -> dict[str, None]:
    """All paths, each once and as late as any of the changes wants it: what others link to comes before it."""
    merged: dict[str, None] = {}
    for some in paths:
        for path in some:
            merged.pop(path, None)
            merged[path] = None
    return merged
