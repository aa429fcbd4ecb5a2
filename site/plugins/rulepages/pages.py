"""Every page of the site: its path, its template, its context.

`page_at` answers for one path, `all_pages` for the whole site, and both go through the same functions below: what is
rendered for one change is by construction what a full build renders.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import chain, pairwise
from typing import Any, Protocol

from rulepages import listings
from rulepages.catalogue import METHOD_SECTIONS, SECTIONS, Method, Template
from rulepages.comparison import compare
from rulepages.content import Article, HandPage
from rulepages.mark import mark
from rulepages.plain_form import plain_form
from rulepages.rows import Card, Dated, Document, Rule, Version, cards_digest, digest
from rulepages.rule_text import contents, method_details, rule_text
from rulepages.site_inputs import Site

NEWEST_ON_HOME = 6
NEWEST_IN_LIBRARY = 20
NEWEST_IN_FEED = 20
FEED_EPOCH = "2026-11-24T00:00:00Z"  # the feed's date while it has no entry


class Listings(Protocol):
    """What listing pages ask for. A database snapshot in the pages worker, an export in the stock `pelican` command."""

    def newest(self, count: int) -> list[Card]:
        """Listed rules by place, highest first."""

    def between(self, first: int, last: int) -> list[Card]:
        """Listed rules by place, lowest first, both ends included."""

    def dates_between(self, first: int, last: int) -> list[Dated]:
        """The same of each rule's address and date only."""

    def highest_place(self) -> int:
        """The highest place ever given, 0 at first."""

    def listed_count(self) -> int: ...


class WholeSource(Listings, Protocol):
    """What a full build asks for."""

    def rules(self) -> Iterator[Rule]:
        """Every published rule with all its documents: listed ones by place, then unlisted ones by slug."""


class Source(Listings, Protocol):
    """What a single page asks for."""

    def rule(self, slug: str) -> Rule | None:
        """One published rule; of the documents only its current version's need be there."""

    def document(self, slug: str, number: int) -> Document: ...


@dataclass(frozen=True, slots=True)
class Page:
    """One file to write. `key` stands for the rows that it shows; all else is the same within a release."""

    path: str
    template: str
    context: Mapping[str, Any]
    key: str = ""


@dataclass(frozen=True, slots=True)
class Meta:
    """What the frame of a page says about it. `title` is without the site's name."""

    address: str
    title: str
    description: str
    indexed: bool = True
    current: str = ""  # the item of the main navigation that is marked


def address_of(path: str) -> str:
    """`rules/x/index.html` → `/rules/x/`; a file keeps its name."""
    return "/" + path.removesuffix("index.html")


def _page(
    site: Site,
    path: str,
    template: str,
    /,
    *,
    title: str,
    description: str,
    indexed: bool = True,
    current: str = "",
    key: str = "",
    **context: Any,
) -> Page:
    meta = Meta(address_of(path), title, description, indexed and site.public, current)
    return Page(path, template, {"site": site, "page": meta, **context}, key)


# -- the whole site ---------------------------------------------------------------------------------------------------


def all_pages(site: Site, source: WholeSource) -> Iterator[Page]:
    """Everything. `first_pages`, then each rule's, then `listing_pages` is also how a release is built."""
    yield from first_pages(site, source)
    for rule in source.rules():
        yield from rule_pages(site, rule)
    yield from listing_pages(site, source)


def first_pages(site: Site, source: Listings) -> Iterator[Page]:
    yield home_page(site, source)
    yield library_page(site, source)
    yield from fixed_pages(site)


def listing_pages(site: Site, source: Listings) -> Iterator[Page]:
    """Newest archive pages first, then feed and sitemaps."""
    highest = source.highest_place()
    for number in range(listings.page_count(highest), 0, -1):
        yield _archive(site, source, number, highest)
    yield feed(site, source)
    yield sitemap_index(site, source)
    for number in range(1, listings.page_count(highest, listings.SHARD_SIZE) + 1):
        yield _shard(site, source, number)


def page_at(site: Site, source: Source, path: str) -> Page | None:
    """The page that belongs at a path of a rule or a listing, or None when none does (then the file is pruned)."""
    for pattern, make in ROW_PAGES:
        if match := re.fullmatch(pattern, path):
            return make(site, source, *match.groups())
    raise ValueError(f"no page made from rows is at {path!r}")


# -- one rule ---------------------------------------------------------------------------------------------------------


def rule_pages(site: Site, rule: Rule) -> Iterator[Page]:
    """All pages of a rule whose documents are loaded: versions first, so that no link leads to a page not there."""
    for version in rule.versions:
        assert version.document is not None
        yield version_page(site, rule, version, version.document)
    for before, version in pairwise(rule.versions):
        assert before.document is not None
        assert version.document is not None
        yield comparison_page(site, rule, version, before.document, version.document)
    assert rule.current.document is not None
    yield history_page(site, rule)
    yield rule_page(site, rule, rule.current.document)


def rule_page(site: Site, rule: Rule, document: Document) -> Page:
    return _page(
        site,
        f"rules/{rule.slug}/index.html",
        "rule.html",
        title=rule.title,
        description=rule.context or f"How {rule.title} governs itself.",
        indexed=rule.place is not None,
        current="rules",
        key=rule.digest,
        rule=rule,
        version=rule.current,
        document=document,
        contents=contents(site.catalogue, document),
        rule_text=partial(rule_text, site.catalogue, document),
        mark=mark(rule.slug),
    )


def version_page(site: Site, rule: Rule, version: Version, document: Document) -> Page:
    """The same bytes for ever, whatever happens to the rule later: it knows nothing of other versions."""
    title = document["community"]["name"]
    return _page(
        site,
        f"rules/{rule.slug}/v/{version.number}/index.html",
        "version.html",
        title=f"{title}, version {version.number}",
        description=f"Version {version.number} of the rule of {title}, published on {version.published_at[:10]}.",
        indexed=False,
        current="rules",
        key=digest([rule.slug, version.number, version.published_at, version.sha256, version.reason]),
        slug=rule.slug,
        version=version,
        document=document,
        contents=contents(site.catalogue, document),
        rule_text=partial(rule_text, site.catalogue, document),
        mark=mark(rule.slug),
    )


def comparison_page(site: Site, rule: Rule, version: Version, before: Document, after: Document) -> Page:
    """The version before with this one. Like a version's page it never changes."""
    title = after["community"]["name"]
    previous = rule.versions[version.number - 2]
    return _page(
        site,
        f"rules/{rule.slug}/compare/{version.number}/index.html",
        "compare.html",
        title=f"What changed in version {version.number} of {title}",
        description=f"The rule of {title}: version {version.number - 1} and version {version.number}, side by side.",
        indexed=False,
        current="rules",
        key=digest([rule.slug, version.number, version.published_at, previous.sha256, version.sha256, version.reason]),
        slug=rule.slug,
        community=title,
        version=version,
        language=after.get("language") or "en",
        parts=compare(site.catalogue, before, after),
    )


def history_page(site: Site, rule: Rule) -> Page:
    return _page(
        site,
        f"rules/{rule.slug}/history/index.html",
        "history.html",
        title=f"History of {rule.title}",
        description=f"Every published version of the rule of {rule.title}, with its date and reason.",
        indexed=False,
        current="rules",
        key=rule.digest,
        rule=rule,
    )


# -- listings ---------------------------------------------------------------------------------------------------------


def home_page(site: Site, source: Listings) -> Page:
    cards = source.newest(NEWEST_ON_HOME)
    templates = sorted((t for t in site.catalogue.templates if t.home), key=lambda t: t.home)
    return _page(
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
    cards, count, highest = source.newest(NEWEST_IN_LIBRARY), source.listed_count(), source.highest_place()
    return _page(
        site,
        "rules/index.html",
        "library.html",
        title="Rules",
        description="Rules that communities have published: how they decide, who belongs, how they handle conflict.",
        current="rules",
        key=digest([cards_digest(cards), count, listings.page_count(highest)]),
        cards=cards,
        count=count,
        last_page=listings.page_count(highest),
        mark=mark,
    )


def archive_page(site: Site, source: Listings, number: int) -> Page | None:
    highest = source.highest_place()
    exists = 1 <= number <= listings.page_count(highest)
    return _archive(site, source, number, highest) if exists else None


def _archive(site: Site, source: Listings, number: int, highest: int) -> Page:
    cards = source.between(*listings.places_on(number))
    newer = number + 1 if number < listings.page_count(highest) else None
    return _page(
        site,
        f"rules/page/{number}/index.html",
        "archive.html",
        title=f"Rules, page {number}",
        description=f"Page {number} of the library: rules in the order in which they were first published.",
        indexed=bool(cards),
        current="rules",
        key=digest([cards_digest(cards), newer]),
        cards=cards,
        number=number,
        newer=newer,
        older=listings.older_links(number),
        mark=mark,
    )


def feed(site: Site, source: Listings) -> Page:
    cards = source.newest(NEWEST_IN_FEED)
    updated = max((card.published_at for card in cards), default=FEED_EPOCH)
    return Page("feed.xml", "feed.xml", {"site": site, "cards": cards, "updated": updated}, cards_digest(cards))


def sitemap_index(site: Site, source: Listings) -> Page:
    count = listings.page_count(source.highest_place(), listings.SHARD_SIZE)
    shards = ["/sitemap-pages.xml", *(f"/sitemap-{number}.xml" for number in range(1, count + 1))]
    return Page("sitemap.xml", "sitemap_index.xml", {"site": site, "shards": shards}, str(count))


def sitemap_shard(site: Site, source: Listings, number: int) -> Page | None:
    exists = 1 <= number <= listings.page_count(source.highest_place(), listings.SHARD_SIZE)
    return _shard(site, source, number) if exists else None


def _shard(site: Site, source: Listings, number: int) -> Page:
    rules = source.dates_between(*listings.places_on(number, listings.SHARD_SIZE))
    entries = [(f"/rules/{rule.slug}/", rule.published_at) for rule in rules]
    return Page(f"sitemap-{number}.xml", "sitemap.xml", {"site": site, "entries": entries}, digest(entries))


# -- pages without rows -----------------------------------------------------------------------------------------------


def fixed_pages(site: Site) -> Iterator[Page]:
    """Pages that only a new release changes."""
    pages = list(
        chain(
            (hand_page(site, page) for page in site.content.pages),
            [learn_page(site)],
            (article_page(site, article) for article in site.content.articles),
            [templates_page(site)],
            (template_page(site, template) for template in site.catalogue.templates),
            [methods_page(site), values_page(site)],
            (section_page(site, section) for section in METHOD_SECTIONS),
            (method_page(site, method) for method in site.catalogue.methods.values()),
            form_pages(site),
        )
    )
    yield from pages
    yield from error_pages(site)
    yield Page("robots.txt", "robots.txt", {"site": site})
    indexed = [page.context["page"].address for page in pages if page.context["page"].indexed]
    entries = [(address, "") for address in sorted({"/", "/rules/", *indexed})]
    yield Page("sitemap-pages.xml", "sitemap.xml", {"site": site, "entries": entries})


def hand_page(site: Site, page: HandPage) -> Page:
    path = f"{page.slug}/index.html"
    return _page(
        site, path, "page.html", title=page.title, description=page.description, current=page.slug, html=page.html
    )


def learn_page(site: Site) -> Page:
    return _page(
        site,
        "learn/index.html",
        "learn.html",
        title="Learn",
        description="Essays on how groups share power, make decisions and stay together.",
        current="learn",
        articles=site.content.articles,
    )


def article_page(site: Site, article: Article) -> Page:
    return _page(
        site,
        f"learn/{article.slug}/index.html",
        "article.html",
        title=article.title,
        description=article.description,
        current="learn",
        article=article,
    )


def templates_page(site: Site) -> Page:
    return _page(
        site,
        "templates/index.html",
        "templates.html",
        title="Templates",
        description="Ready compositions of values and methods that you can start your own rule from.",
        current="templates",
        templates=site.catalogue.templates,
    )


def template_page(site: Site, template: Template) -> Page:
    return _page(
        site,
        f"templates/{template.id}/index.html",
        "template.html",
        title=template.title,
        description=template.summary,
        current="templates",
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


def methods_page(site: Site) -> Page:
    return _page(
        site,
        "methods/index.html",
        "methods.html",
        title="Methods",
        description="Ways of talking, joining, deciding and settling conflict, each with a text that can be published.",
        current="methods",
        groups=[(site.catalogue.section(id), site.catalogue.methods_of(id)) for id in METHOD_SECTIONS],
    )


def values_page(site: Site) -> Page:
    return _page(
        site,
        "values/index.html",
        "values.html",
        title="Values",
        description="Values that a community can choose from: what each one means, and what it looks like in practice.",
        current="methods",
        values=site.catalogue.values.values(),
    )


def section_page(site: Site, id: str) -> Page:
    section = site.catalogue.section(id)
    return _page(
        site,
        f"methods/{id}/index.html",
        "section.html",
        title=f"{section.title}: methods",
        description=f"{section.lead} The methods to choose from.",
        current="methods",
        section=section,
        methods=site.catalogue.methods_of(id),
    )


def method_page(site: Site, method: Method) -> Page:
    section = site.catalogue.section(method.section)
    return _page(
        site,
        f"methods/{section.id}/{method.id}/index.html",
        "method.html",
        title=method.title,
        description=method.summary,
        current="methods",
        section=section,
        method=method,
        details=tuple(method_details(section, {"fields": method.fields})),
        related=[site.catalogue.methods[section.id, id] for id in method.related],
        templates=[
            template
            for template in site.catalogue.templates
            if any(choice.id == method.id for choice in template.composition[section.id])
        ],
    )


def form_pages(site: Site) -> Iterator[Page]:
    """Static shells of the pages that the API answers: their forms post to `/api/`."""
    yield plain_form_page(site)
    yield _page(
        site,
        "sign-in/index.html",
        "sign_in.html",
        title="Sign in",
        description="We send you a link by email. There is no password.",
        indexed=False,
        current="profile",
        email="",
        error="",
    )
    yield _page(
        site,
        "profile/index.html",
        "profile.html",
        title="Your rules",
        description="The rules that you have published, and how to revise them.",
        indexed=False,
        current="profile",
    )


def plain_form_page(site: Site) -> Page:
    """`/create/plain/`, empty. The API renders the same template with what was typed."""
    return _page(
        site,
        "create/plain/index.html",
        "create_plain.html",
        title="Write a rule",
        description="Write your community's rule on one page, with or without a template.",
        current="create",
        **plain_form(site.catalogue),
    )


def error_pages(site: Site) -> Iterator[Page]:
    """Answers that nginx gives from a file: 404, 410 and 503."""
    for code, title, description in (
        (404, "Not found", "There is no page at this address."),
        (410, "Gone", "This rule has been taken back by its community."),
        (503, "One moment", "This page is being made. Please try again in a few seconds."),
    ):
        yield _page(site, f"{code}.html", f"{code}.html", title=title, description=description, indexed=False)


# -- by path ----------------------------------------------------------------------------------------------------------


def _rule_page_at(site: Site, source: Source, slug: str) -> Page | None:
    rule = source.rule(slug)
    return rule_page(site, rule, _text_of(source, rule, rule.current)) if rule else None


def _history_page_at(site: Site, source: Source, slug: str) -> Page | None:
    rule = source.rule(slug)
    return history_page(site, rule) if rule else None


def _version_page_at(site: Site, source: Source, slug: str, number: str) -> Page | None:
    rule = source.rule(slug)
    if rule is None or int(number) > rule.current.number:
        return None
    version = rule.versions[int(number) - 1]
    return version_page(site, rule, version, _text_of(source, rule, version))


def _comparison_page_at(site: Site, source: Source, slug: str, number: str) -> Page | None:
    rule = source.rule(slug)
    if rule is None or not 2 <= int(number) <= rule.current.number:
        return None
    before, version = rule.versions[int(number) - 2 : int(number)]
    return comparison_page(site, rule, version, _text_of(source, rule, before), _text_of(source, rule, version))


def _text_of(source: Source, rule: Rule, version: Version) -> Document:
    return source.document(rule.slug, version.number) if version.document is None else version.document


ROW_PAGES: tuple[tuple[str, Callable[..., Page | None]], ...] = (
    (r"index\.html", home_page),
    (r"rules/index\.html", library_page),
    (r"feed\.xml", feed),
    (r"sitemap\.xml", sitemap_index),
    (r"rules/page/(\d+)/index\.html", lambda site, source, number: archive_page(site, source, int(number))),
    (r"sitemap-(\d+)\.xml", lambda site, source, number: sitemap_shard(site, source, int(number))),
    (r"rules/([a-z0-9-]+)/index\.html", _rule_page_at),
    (r"rules/([a-z0-9-]+)/history/index\.html", _history_page_at),
    (r"rules/([a-z0-9-]+)/v/(\d+)/index\.html", _version_page_at),
    (r"rules/([a-z0-9-]+)/compare/(\d+)/index\.html", _comparison_page_at),
)
