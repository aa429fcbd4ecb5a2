"""Which pages a change to a rule touches, and why: one pure function.

The cost of a publish is a + b x (listings that the rule is in), at any library size: nothing here looks at other rules.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from rulepages.listings import PAGE_SIZE, SHARD_SIZE, page_of


@dataclass(frozen=True, slots=True)
class Change:
    """One published, revised, unpublished or restored rule.

    `place` is the rule's place in the library, None when it was never listed. `versions` are the numbers of the
    versions whose pages come or go: the new one when a rule is published or revised, all when it leaves or returns.
    """

    slug: str
    place: int | None
    versions: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Affected:
    """Paths in write order, each with the reason. `live` makes the change visible; `later` follows in the same job."""

    live: Mapping[str, str]
    later: Mapping[str, str]


def affected(change: Change) -> Affected:
    """The paths whose bytes may differ after the change, whichever way the rule went."""
    live, later = _rule_paths(change), dict[str, str]()
    if change.place is not None:
        archive, opened_by = _archive_paths(change.place)
        live |= opened_by  # `/rules/` links to the newest archive page: one that a place opens must be there first
        live["rules/index.html"] = "shows the newest rules and how many there are"
        live["index.html"] = "shows the newest rules"
        later = {**archive, **_shard_paths(change.place), "feed.xml": "holds the newest rules"}
    return Affected(live, later)


def _rule_paths(change: Change) -> dict[str, str]:
    base = f"rules/{change.slug}"
    versions = {f"{base}/v/{number}/index.html": f"is version {number}" for number in change.versions}
    compared = {
        f"{base}/compare/{number}/index.html": f"says what changed in version {number}"
        for number in change.versions
        if number > 1
    }
    return {
        **versions,
        **compared,
        f"{base}/history/index.html": "lists every version",
        f"{base}/index.html": "shows the current version",
    }


def _archive_paths(place: int) -> tuple[dict[str, str], dict[str, str]]:
    """The archive pages to write later, and the one to write at once because this place opens it."""
    page = page_of(place)
    own = {f"rules/page/{page}/index.html": f"holds place {place}"}
    if (place - 1) % PAGE_SIZE:
        return own, {}
    before = {f"rules/page/{page - 1}/index.html": f"links to page {page}, which place {place} opened"}
    return (before if page > 1 else {}), own


def _shard_paths(place: int) -> dict[str, str]:
    shard = page_of(place, SHARD_SIZE)
    return {f"sitemap-{shard}.xml": f"holds place {place}", "sitemap.xml": "lists the sitemaps"}
