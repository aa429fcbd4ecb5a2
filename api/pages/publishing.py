"""A batch of changes becomes pages: what is affected is rendered from one snapshot, written, and pruned in reverse."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from api.pages.queries import ChangeRow
from api.pages.renderer import Renderer
from api.pages.source import SnapshotSource
from rulepages.affected import Affected, Change, affected
from rulepages.pages import page_at


@dataclass(slots=True)
class Report:
    """Which files a batch changed; paths relative to the release. `failed` holds rules that could not be rendered."""

    written: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    failed: dict[int, str] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        return {"written": self.written, "removed": self.removed}


def apply_changes(
    renderer: Renderer, source: SnapshotSource, changes: list[ChangeRow], when_live: Callable[[Report], None]
) -> Report:
    """Write the affected pages: each rule's own first, then `/rules/` and `/`, then `when_live`, then the rest.

    A rule whose own pages cannot be rendered is left out and reported; an error in a shared page is raised.
    """
    report = Report()
    touched = {change.rule_id: affected(Change(change.slug, change.place, ())) for change in changes}
    absent: list[str] = []
    for rule_id, slug, versions in _by_rule(changes):
        try:
            own = affected(Change(slug, None, versions)).live
            absent += _write(renderer, source, own, report)
        except Exception as error:
            report.failed[rule_id] = f"{type(error).__name__}: {error}"
    shared = [touched[rule_id] for rule_id in touched if rule_id not in report.failed]
    absent += _write(renderer, source, _shared_live(shared, changes), report)
    when_live(report)
    absent += _write(renderer, source, _distinct(path for item in shared for path in item.later), report)
    for path in reversed(absent):
        if renderer.remove(path):
            report.removed.append(path)
    renderer.manifest.flush()
    return report


def _by_rule(changes: list[ChangeRow]) -> list[tuple[int, str, tuple[int, ...]]]:
    """Several changes of one rule are rendered once, with the versions of all."""
    slugs = {change.rule_id: change.slug for change in changes}
    versions: dict[int, set[int]] = {rule_id: set() for rule_id in slugs}
    for change in changes:
        versions[change.rule_id].update(change.versions)
    return [(rule_id, slug, tuple(sorted(versions[rule_id]))) for rule_id, slug in slugs.items()]


def _shared_live(shared: list[Affected], changes: list[ChangeRow]) -> list[str]:
    own = tuple(f"rules/{change.slug}/" for change in changes)
    return _distinct(path for item in shared for path in item.live if not path.startswith(own))


def _distinct(paths: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(paths))


def _write(renderer: Renderer, source: SnapshotSource, paths: Iterable[str], report: Report) -> list[str]:
    """Write the pages that belong at these paths; return the paths where none does any more."""
    absent = []
    for path in paths:
        page = page_at(renderer.site, source, path)
        if page is None:
            absent.append(path)
        elif renderer.write(page):
            report.written.append(path)
    return absent
