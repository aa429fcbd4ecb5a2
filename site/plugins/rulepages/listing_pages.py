"""Pages that list rules: home, library, every filter, their archives, and what machines read: feed and sitemaps.

The pages of methods and templates show the newest rules that use them, so they are here too.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from rulepages import listings
from rulepages.catalogue import METHOD_SECTIONS, SECTIONS, Method, Template
from rulepages.listings import LIBRARY, TEMPLATE, Filter
from rulepages.mark import mark
from rulepages.page import Page, html_page
from rulepages.rows import cards_digest, digest
from rulepages.rule_text import method_details
from rulepages.site_inputs import Site
from rulepages.sources import Listings

NEWEST_ON_HOME = 6
NEWEST_IN_LISTING = 20
NEWEST_IN_USE = 6  # rules that a method's or a template's page shows
NEWEST_IN_FEED = 20
FEED_EPOCH = "2026-11-24T00:00:00Z"  # the feed's date while it has no entry


def listing_pages(site: Site, source: Listings) -> Iterator[Page]:
    """Newest archive pages first, then feed and sitemaps, then every filter."""
    yield from _archive_pages(site, source, LIBRARY_ARCHIVE)
    yield feed(site, source)
    yield sitemap_index(site, source)
    for number in range(1, listings.page_count(source.highest_place(LIBRARY), listings.SHARD_SIZE) + 1):
        yield _shard(site, source, number)
    for filter in site.filters.values():
        yield filter_page(site, source, filter)
        yield from _archive_pages(site, source, _archive_of(filter))


def listing_paths(site: Site, highest: Mapping[str, int]) -> Iterator[str]:
    """The paths of `listing_pages`, from the highest place ever given in each listing."""
    yield "feed.xml"
    yield "sitemap.xml"
    library = highest.get(LIBRARY, 0)
    yield from (f"sitemap-{n}.xml" for n in range(1, listings.page_count(library, listings.SHARD_SIZE) + 1))
    for archive in (LIBRARY_ARCHIVE, *map(_archive_of, site.filters.values())):
        if archive is not LIBRARY_ARCHIVE:
            yield f"{archive.address[1:]}index.html"
        for number in range(1, listings.page_count(highest.get(archive.listing, 0)) + 1):
            yield f"{archive.address[1:]}page/{number}/index.html"


def home_page(site: Site, source: Listings) -> Page:
    cards = source.newest(LIBRARY, NEWEST_ON_HOME)
    templates = sorted((t for t in site.catalogue.templates if t.home), key=lambda t: t.home)
    return html_page(
        site,
        "index.html",
        "home.html",
        title="Write down how you govern yourselves",
        description="CommunityRule helps a community write its rule, publish it at a lasting address, keep it alive.",
        key=cards_digest(cards),
        cards=cards,
        templates=templates,
        sections=site.catalogue.sections,
        articles=site.content.articles[:3],
        mark=mark,
    )


def library_page(site: Site, source: Listings) -> Page:
    cards, count = source.newest(LIBRARY, NEWEST_IN_LISTING), source.listed_count(LIBRARY)
    last_page = listings.page_count(source.highest_place(LIBRARY))
    return html_page(
        site,
        "rules/index.html",
        "library.html",
        title="Rules",
        description="Rules that communities have published: how they decide, who belongs, how they handle conflict.",
        current="rules",
        key=digest([cards_digest(cards), count, last_page]),
        cards=cards,
        count=count,
        last_page=last_page,
        facets=[(facet, listings.FACETS[facet.id]) for facet in site.catalogue.facets],
        template_filter=TEMPLATE,
        templates=site.catalogue.templates,
        mark=mark,
    )


def filter_page(site: Site, source: Listings, filter: Filter) -> Page:
    cards, count = source.newest(filter.listing, NEWEST_IN_LISTING), source.listed_count(filter.listing)
    last_page = listings.page_count(source.highest_place(filter.listing))
    return html_page(
        site,
        f"rules/by/{filter.listing}/index.html",
        "filter.html",
        title=f"Rules: {filter.heading}",
        description=f"{filter.kicker}: {filter.heading}. The rules that communities have published, newest first.",
        indexed=bool(cards),
        current="rules",
        key=digest([cards_digest(cards), count, last_page]),
        filter=filter,
        cards=cards,
        count=count,
        last_page=last_page,
        mark=mark,
    )


# -- archives ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Archive:
    """Where a listing's archive pages are: `address` is the landing page's, with a slash at its end."""

    listing: str
    name: str
    address: str


LIBRARY_ARCHIVE = Archive(LIBRARY, "Rules", "/rules/")


def _archive_of(filter: Filter) -> Archive:
    return Archive(filter.listing, f"Rules: {filter.heading}", filter.address)


def archive_page(site: Site, source: Listings, archive: Archive, number: int) -> Page | None:
    highest = source.highest_place(archive.listing)
    exists = 1 <= number <= listings.page_count(highest)
    return _archive(site, source, archive, number, highest) if exists else None


def _archive_pages(site: Site, source: Listings, archive: Archive) -> Iterator[Page]:
    highest = source.highest_place(archive.listing)
    for number in range(listings.page_count(highest), 0, -1):
        yield _archive(site, source, archive, number, highest)


def _archive(site: Site, source: Listings, archive: Archive, number: int, highest: int) -> Page:
    cards = source.between(archive.listing, *listings.places_on(number))
    newer = number + 1 if number < listings.page_count(highest) else None
    return html_page(
        site,
        f"{archive.address[1:]}page/{number}/index.html",
        "archive.html",
        title=f"{archive.name}, page {number}",
        description=f"Page {number} of {archive.name}: rules in the order in which they were first published.",
        indexed=bool(cards),
        current="rules",
        key=digest([cards_digest(cards), newer]),
        archive=archive,
        cards=cards,
        number=number,
        newer=newer,
        older=listings.older_links(number),
        mark=mark,
    )


# -- feed and sitemaps ------------------------------------------------------------------------------------------------


def feed(site: Site, source: Listings) -> Page:
    cards = source.newest(LIBRARY, NEWEST_IN_FEED)
    updated = max((card.published_at for card in cards), default=FEED_EPOCH)
    context = {"site": site, "cards": cards, "updated": updated}
    return Page("feed.xml", "feed.xml", lambda: context, cards_digest(cards))


def sitemap_index(site: Site, source: Listings) -> Page:
    count = listings.page_count(source.highest_place(LIBRARY), listings.SHARD_SIZE)
    shards = ["/sitemap-pages.xml", *(f"/sitemap-{number}.xml" for number in range(1, count + 1))]
    return Page("sitemap.xml", "sitemap_index.xml", lambda: {"site": site, "shards": shards}, str(count))


def sitemap_shard(site: Site, source: Listings, number: int) -> Page | None:
    exists = 1 <= number <= listings.page_count(source.highest_place(LIBRARY), listings.SHARD_SIZE)
    return _shard(site, source, number) if exists else None


def _shard(site: Site, source: Listings, number: int) -> Page:
    rules = source.dates_between(*listings.places_on(number, listings.SHARD_SIZE))
    entries = [(f"/rules/{rule.slug}/", rule.published_at) for rule in rules]
    return Page(f"sitemap-{number}.xml", "sitemap.xml", lambda: {"site": site, "entries": entries}, digest(entries))


# -- templates and methods, with the rules that use them --------------------------------------------------------------


def template_page(site: Site, source: Listings, template: Template) -> Page:
    return html_page(
        site,
        f"templates/{template.id}/index.html",
        "template.html",
        title=template.title,
        description=template.summary,
        current="templates",
        **_in_use(source, site.filters[f"{TEMPLATE}/{template.id}"]),
        template=template,
        composition=template_composition(site, template),
    )


def template_composition(site: Site, template: Template) -> list[dict[str, Any]]:
    """Each section as `{section, entries}`, each entry `{item, why}` with the value or method itself."""
    found: dict[str, list[dict[str, Any]]] = {
        "values": [{"item": site.catalogue.values[c.id], "why": c.why} for c in template.composition["values"]]
    }
    for section in METHOD_SECTIONS:
        choices = template.composition[section]
        found[section] = [{"item": site.catalogue.methods[section, c.id], "why": c.why} for c in choices]
    return [{"section": site.catalogue.section(id), "entries": found[id]} for id in SECTIONS]


def method_page(site: Site, source: Listings, method: Method) -> Page:
    section = site.catalogue.section(method.section)
    return html_page(
        site,
        f"methods/{section.id}/{method.id}/index.html",
        "method.html",
        title=method.title,
        description=method.summary,
        current="methods",
        **_in_use(source, site.filters[f"{section.id}/{method.id}"]),
        section=section,
        method=method,
        text=lambda: {"details": tuple(method_details(section, {"fields": method.fields}))},
        related=[site.catalogue.methods[section.id, id] for id in method.related],
        templates=[
            template
            for template in site.catalogue.templates
            if any(choice.id == method.id for choice in template.composition[section.id])
        ],
    )


def _in_use(source: Listings, filter: Filter) -> dict[str, Any]:
    """What a method's or a template's page says of the rules that use it."""
    cards, count = source.newest(filter.listing, NEWEST_IN_USE), source.listed_count(filter.listing)
    return {"filter": filter, "cards": cards, "count": count, "key": digest([cards_digest(cards), count])}


# -- by path: None where no page belongs ------------------------------------------------------------------------------


def library_archive_at(site: Site, source: Listings, number: str) -> Page | None:
    return archive_page(site, source, LIBRARY_ARCHIVE, int(number))


def shard_at(site: Site, source: Listings, number: str) -> Page | None:
    return sitemap_shard(site, source, int(number))


def filter_page_at(site: Site, source: Listings, listing: str) -> Page | None:
    filter = site.filters.get(listing)
    return filter_page(site, source, filter) if filter else None


def filter_archive_at(site: Site, source: Listings, listing: str, number: str) -> Page | None:
    filter = site.filters.get(listing)
    return archive_page(site, source, _archive_of(filter), int(number)) if filter else None


def template_page_at(site: Site, source: Listings, id: str) -> Page | None:
    template = site.catalogue.template(id)
    return template_page(site, source, template) if template else None


def method_page_at(site: Site, source: Listings, section: str, id: str) -> Page | None:
    method = site.catalogue.methods.get((section, id))
    return method_page(site, source, method) if method else None
