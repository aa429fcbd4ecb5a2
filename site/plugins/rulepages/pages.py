"""Every page of the site: its path, its template, its context.

`page_at` answers for one path, `all_pages` for the whole site, and both go through the same functions: what is rendered
for one change is by construction what a full build renders.
"""

import re
from collections.abc import Callable, Iterator

from rulepages import listing_pages as lists
from rulepages import rule_pages as rules
from rulepages.fixed_pages import fixed_pages
from rulepages.page import Page
from rulepages.site_inputs import Site
from rulepages.sources import Listings, Source, WholeSource


def all_pages(site: Site, source: WholeSource) -> Iterator[Page]:
    """Everything. `first_pages`, then each rule's, then `listing_pages` is also how a release is built."""
    yield from first_pages(site, source)
    for rule in source.rules():
        yield from rules.rule_pages(site, source, rule)
    yield from lists.listing_pages(site, source)


def first_pages(site: Site, source: Listings) -> Iterator[Page]:
    yield lists.home_page(site, source)
    yield lists.library_page(site, source)
    for template in site.catalogue.templates:
        yield lists.template_page(site, source, template)
    for method in site.catalogue.methods.values():
        yield lists.method_page(site, source, method)
    yield from fixed_pages(site)


def page_at(site: Site, source: Source, path: str) -> Page | None:
    """The page that belongs at a path of a rule or a listing, or None when none does (then the file is pruned)."""
    for pattern, make in ROW_PAGES:
        if match := re.fullmatch(pattern, path):
            return make(site, source, *match.groups())
    raise ValueError(f"no page made from rows is at {path!r}")


ROW_PAGES: tuple[tuple[str, Callable[..., Page | None]], ...] = (
    (r"rules/([a-z0-9-]+)/index\.html", rules.rule_page_at),
    (r"rules/([a-z0-9-]+)/history/index\.html", rules.history_page_at),
    (r"rules/([a-z0-9-]+)/v/(\d+)/index\.html", rules.version_page_at),
    (r"rules/([a-z0-9-]+)/v/(\d+)/rule\.json", rules.json_file_at),
    (r"rules/([a-z0-9-]+)/v/(\d+)/rule\.md", rules.markdown_file_at),
    (r"rules/([a-z0-9-]+)/rule\.csv", rules.csv_file_at),
    (r"rules/([a-z0-9-]+)/feed\.xml", rules.rule_feed_at),
    (r"rules/([a-z0-9-]+)/compare/(\d+)/index\.html", rules.comparison_page_at),
    (r"index\.html", lists.home_page),
    (r"rules/index\.html", lists.library_page),
    (r"rules/page/(\d+)/index\.html", lists.library_archive_at),
    (r"rules/by/([a-z]+/[a-z0-9-]+)/index\.html", lists.filter_page_at),
    (r"rules/by/([a-z]+/[a-z0-9-]+)/page/(\d+)/index\.html", lists.filter_archive_at),
    (r"templates/([a-z0-9-]+)/index\.html", lists.template_page_at),
    (r"methods/([a-z]+)/([a-z0-9-]+)/index\.html", lists.method_page_at),
    (r"feed\.xml", lists.feed),
    (r"sitemap\.xml", lists.sitemap_index),
    (r"sitemap-(\d+)\.xml", lists.shard_at),
)
