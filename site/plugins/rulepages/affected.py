"""Which pages a change to a rule touches: one pure function.

The cost of a publish is a + b x (listings that the rule is in), at any library size: nothing here looks at other rules.
"""

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
    """Paths in write order. `live` makes the change visible; `later` follows in the same job."""

    live: tuple[str, ...]
    later: tuple[str, ...]


def affected(change: Change) -> Affected:
    """The paths whose bytes may differ after the change, whichever way the rule went."""
    live: tuple[str, ...] = _rule_paths(change)
    later: tuple[str, ...] = ()
    if change.place is not None:
        page = f"rules/page/{page_of(change.place)}/index.html"
        opens = _opens_page(change.place)
        live += (*((page,) if opens else ()), "rules/index.html", "index.html")
        later = (*_archive_paths(change.place), *_shard_paths(change.place), "feed.xml")
    return Affected(live, later)


def _rule_paths(change: Change) -> tuple[str, ...]:
    base = f"rules/{change.slug}"
    versions = tuple(f"{base}/v/{number}/index.html" for number in change.versions)
    return (*versions, f"{base}/history/index.html", f"{base}/index.html")


def _opens_page(place: int) -> bool:
    """`/rules/` links to the newest archive page, so a page that a place opens must be there first."""
    return (place - 1) % PAGE_SIZE == 0


def _archive_paths(place: int) -> tuple[str, ...]:
    page = page_of(place)
    before = (f"rules/page/{page - 1}/index.html",) if _opens_page(place) and page > 1 else ()
    return (*(() if _opens_page(place) else (f"rules/page/{page}/index.html",)), *before)


def _shard_paths(place: int) -> tuple[str, ...]:
    return (f"sitemap-{page_of(place, SHARD_SIZE)}.xml", "sitemap.xml")
