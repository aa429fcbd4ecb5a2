"""Which pages a change touches, and why: one pure function for every kind of change.

The cost of a change to a rule is a + b x (listings that the rule is in), at any library size: nothing here looks at
other rules, but for those that were adapted from one that comes or goes.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from rulepages.catalogue import METHOD_SECTIONS
from rulepages.listings import ADAPTED, LIBRARY, PAGE_SIZE, SHARD_SIZE, TEMPLATE, page_of


class Kind(StrEnum):
    """What happened. A rule that was adapted from another is `published`; a new photo is part of a `revised` text."""

    PUBLISHED = "published"
    REVISED = "revised"
    WITHDRAWN = "withdrawn"  # one version's text is taken back
    UNPUBLISHED = "unpublished"
    RESTORED = "restored"
    DELETED = "deleted"
    BLOCKED = "blocked"  # an operator took down all rules of an account
    UNLISTED = "unlisted"
    LISTED = "listed"  # an unlisted rule became public
    OWNER_CHANGED = "owner-changed"  # another owner or display name, or the owner's account was deleted
    RELEASED = "released"  # content, use cases, seeded catalogue, theme, code or origin: a whole new release


COMES_OR_GOES = frozenset({Kind.UNPUBLISHED, Kind.RESTORED, Kind.DELETED, Kind.BLOCKED})
LISTED_OR_NOT = frozenset({Kind.UNLISTED, Kind.LISTED})
IN_LISTINGS = frozenset({Kind.PUBLISHED, Kind.REVISED}) | COMES_OR_GOES | LISTED_OR_NOT


VERSION_FILES = ("rule.json", "rule.md", "index.html")


@dataclass(frozen=True, slots=True)
class Change:
    """What happened to one rule.

    `versions` are the numbers of the versions whose pages come or go: the new or withdrawn one, or all when the rule
    comes or goes. `places` are the rule's places in all listings that show it, showed it or will show it. `adapted`
    are the slugs of the rules that were adapted from it, given when it comes or goes or is listed or not: their pages
    name it while it is public.
    """

    kind: Kind
    slug: str = ""
    versions: tuple[int, ...] = ()
    places: Mapping[str, int] = field(default_factory=dict)
    adapted: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        row = {"slug": self.slug, "versions": self.versions, "places": dict(self.places), "adapted": self.adapted}
        return {"kind": self.kind, **row}

    @classmethod
    def from_json(cls, row: Mapping[str, Any]) -> "Change":
        versions, adapted = tuple(row["versions"]), tuple(row["adapted"])
        return cls(Kind(row["kind"]), row["slug"], versions, row["places"], adapted)


@dataclass(frozen=True, slots=True)
class Affected:
    """Paths in write order, each with the reason. `live` makes the change visible; `later` follows in the same job.

    `own` are those of `live` that belong to the rule alone: without them there is nothing to list. `everything` tells
    that the change is a new release: each page is made again, and those with the same bytes stay the same files.
    """

    own: Mapping[str, str]
    shared: Mapping[str, str]
    later: Mapping[str, str]
    everything: bool = False

    @property
    def live(self) -> Mapping[str, str]:
        return {**self.own, **self.shared}


def affected(change: Change) -> Affected:
    """The paths whose bytes may differ after the change, whichever way the rule went.

    | kind | versions and comparisons | feed | table | history | rule | listings | rules adapted from it |
    |---|---|---|---|---|---|---|---|
    | published, revised | the new one | yes | yes | yes | yes | yes | |
    | withdrawn | that one, and the next comparison | yes | | yes | | | |
    | unpublished, restored, deleted, blocked | all | yes | yes | yes | yes | yes | yes |
    | unlisted, listed | | | | | yes | yes | yes |
    | owner-changed | | | | yes | yes | | |
    | released | everything | | | | | | |
    """
    if change.kind == Kind.RELEASED:
        return Affected({}, {}, {}, everything=True)
    own = _rule_paths(change)
    if change.kind not in IN_LISTINGS:
        return Affected(own, {}, {})
    shared, later = dict[str, str](), dict[str, str]()
    for listing, place in sorted(change.places.items(), key=lambda item: (item[0] != LIBRARY, item[0])):
        live, rest = _library_paths(place) if listing == LIBRARY else ({}, _listing_paths(listing, place))
        shared |= live
        later |= rest
    later |= {f"rules/{slug}/index.html": f"was adapted from {change.slug}" for slug in change.adapted}
    return Affected(own, shared, later)


def _rule_paths(change: Change) -> dict[str, str]:
    base, kind = f"rules/{change.slug}", change.kind
    numbers = set(change.versions)
    compared = numbers | {number + 1 for number in numbers} if kind == Kind.WITHDRAWN else numbers
    paths = {
        f"{base}/v/{number}/{name}": f"is version {number}" for number in change.versions for name in VERSION_FILES
    }
    for number in sorted(compared - {1}):
        paths[f"{base}/compare/{number}/index.html"] = f"says what changed in version {number}"
    if kind not in LISTED_OR_NOT | {Kind.OWNER_CHANGED}:
        paths[f"{base}/feed.xml"] = "holds the newest versions"
        if kind != Kind.WITHDRAWN:
            paths[f"{base}/rule.csv"] = "is the current version as a table"
    if kind not in LISTED_OR_NOT:
        paths[f"{base}/history/index.html"] = "names the owner and lists every version"
    if kind != Kind.WITHDRAWN:
        paths[f"{base}/index.html"] = "shows the current version"
    return paths


def _library_paths(place: int) -> tuple[dict[str, str], dict[str, str]]:
    """What shows the change at once: `/rules/` and `/`, and before them an archive page that the place opens, for
    `/rules/` links to the newest one. Then the rest."""
    opened, archive = _archive_paths("rules/", place)
    live = {
        **opened,
        "rules/index.html": "shows the newest rules and how many there are",
        "index.html": "shows the newest rules",
    }
    shard = page_of(place, SHARD_SIZE)
    sitemaps = {f"sitemap-{shard}.xml": f"holds place {place}", "sitemap.xml": "lists the sitemaps"}
    return live, {**archive, **sitemaps, "feed.xml": "holds the newest rules"}


def _listing_paths(listing: str, place: int) -> dict[str, str]:
    filter, value = listing.split("/", 1)
    if filter == ADAPTED:
        return {f"rules/{value}/index.html": "counts the rules that were adapted from it, and shows the newest"}
    opened, archive = _archive_paths(f"rules/by/{listing}/", place)
    paths = {**opened, **archive, f"rules/by/{listing}/index.html": f"shows the newest rules by {filter}"}
    if filter == TEMPLATE:
        paths[f"templates/{value}/index.html"] = "shows the newest rules that began with it"
    if filter in METHOD_SECTIONS:
        paths[f"methods/{filter}/{value}/index.html"] = "shows the newest rules that use it"
    return paths


def _archive_paths(base: str, place: int) -> tuple[dict[str, str], dict[str, str]]:
    """The archive page that this place opens, if it does; and the other one to write: the page of the place, or the
    one before, which links to it."""
    page = page_of(place)
    own = {f"{base}page/{page}/index.html": f"holds place {place}"}
    if (place - 1) % PAGE_SIZE:
        return {}, own
    before = {f"{base}page/{page - 1}/index.html": f"links to page {page}, which place {place} opened"}
    return own, before if page > 1 else {}
