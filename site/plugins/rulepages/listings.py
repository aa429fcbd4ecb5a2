"""Listings: their names, which of them a rule is in, and the arithmetic of their places.

A listing is append-only. A rule gets a permanent place number, from 1, when it first enters it; archive page k holds
places (k-1)*50+1 … k*50 for ever; a rule that leaves makes a gap.

There is the library, a listing for each filter's value (`kind/mutual-aid`, `decisions/lazy-consensus`), and one of the
rules that were adapted from another (`adapted/<its slug>`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rulepages.catalogue import METHOD_SECTIONS, Catalogue

PAGE_SIZE = 50
SHARD_SIZE = 500  # places per sitemap file

LIBRARY = "library"
TEMPLATE = "template"
ADAPTED = "adapted"
FACETS = {"types": "kind", "size": "size", "scale": "scale", "maturity": "maturity"}  # a facet's word in addresses


def listings_of(document: Mapping[str, Any], *, adapted_from: str = "") -> frozenset[str]:
    """Every listing that a public rule with this text is in. `adapted_from` is the slug of a public rule, or empty."""
    community = document["community"]
    names = {f"{FACETS[facet]}/{value}" for facet in FACETS for value in community.get(facet) or []}
    names |= {f"{section}/{m['id']}" for section in METHOD_SECTIONS for m in document.get(section) or [] if "id" in m}
    if document.get("template"):
        names.add(f"{TEMPLATE}/{document['template']}")
    if adapted_from:
        names.add(f"{ADAPTED}/{adapted_from}")
    return frozenset(names | {LIBRARY})


@dataclass(frozen=True, slots=True)
class Filter:
    """A listing that readers can browse by. `subject` is the address of the method's or template's own page."""

    listing: str
    heading: str
    kicker: str
    subject: str = ""

    @property
    def address(self) -> str:
        return f"/rules/by/{self.listing}/"


def filters_of(catalogue: Catalogue) -> dict[str, Filter]:
    """Every filter's every value, by the listing's name, in the catalogue's order."""
    found = [
        Filter(f"{FACETS[facet.id]}/{value.id}", value.title, facet.title)
        for facet in catalogue.facets
        for value in facet.values
    ]
    found += [
        Filter(f"{TEMPLATE}/{template.id}", template.title, "Template", f"/templates/{template.id}/")
        for template in catalogue.templates
    ]
    found += [
        Filter(f"{section}/{id}", method.title, catalogue.section(section).title, f"/methods/{section}/{id}/")
        for (section, id), method in catalogue.methods.items()
    ]
    return {filter.listing: filter for filter in found}


def page_of(place: int, size: int = PAGE_SIZE) -> int:
    """The archive page (or sitemap shard, with its size) that holds a place."""
    return (place - 1) // size + 1


def places_on(page: int, size: int = PAGE_SIZE) -> tuple[int, int]:
    """The first and the last place on an archive page."""
    return (page - 1) * size + 1, page * size


def page_count(highest: int, size: int = PAGE_SIZE) -> int:
    """How many archive pages there are when the highest place ever given is `highest`."""
    return page_of(highest, size) if highest else 0


def older_links(page: int) -> tuple[int, ...]:
    """Earlier pages that page k links to: k-1, and the nearest multiples of 10 and of 100 below it.

    Only earlier pages, and k+1 when it exists (the caller knows): so that opening page k+1 changes page k and no other.
    """
    wanted = {page - 1, (page - 1) // 10 * 10, (page - 1) // 100 * 100}
    return tuple(sorted((k for k in wanted if k >= 1), reverse=True))
