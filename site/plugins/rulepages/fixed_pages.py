"""Pages that no row decides: only a new release changes them."""

from collections.abc import Collection, Iterator
from itertools import chain

from rulepages.catalogue import METHOD_SECTIONS
from rulepages.content import Article, HandPage
from rulepages.fitting import fitting
from rulepages.page import Page, html_page
from rulepages.plain_form import plain_form
from rulepages.search import search_form
from rulepages.site_inputs import Site


def fixed_pages(site: Site) -> Iterator[Page]:
    """Pages that only a new release changes."""
    pages = list(
        chain(
            (hand_page(site, page) for page in site.content.pages),
            [learn_page(site)],
            (article_page(site, article) for article in site.content.articles),
            [templates_page(site)],
            [methods_page(site), values_page(site)],
            (section_page(site, section) for section in METHOD_SECTIONS),
            form_pages(site),
        )
    )
    yield from pages
    yield from error_pages(site)
    yield Page("robots.txt", "robots.txt", lambda: {"site": site})
    indexed = [meta.address for page in pages if (meta := page.context()["page"]).indexed]
    subjects = [filter.subject for filter in site.filters.values() if filter.subject and site.public]
    entries = [(address, "") for address in sorted({"/", "/rules/", *indexed, *subjects})]
    yield Page("sitemap-pages.xml", "sitemap.xml", lambda: {"site": site, "entries": entries})


def hand_page(site: Site, page: HandPage) -> Page:
    path = f"{page.slug}/index.html"
    return html_page(
        site, path, "page.html", title=page.title, description=page.description, current=page.slug, html=page.html
    )


def learn_page(site: Site) -> Page:
    return html_page(
        site,
        "learn/index.html",
        "learn.html",
        title="Learn",
        description="Essays on how groups share power, make decisions and stay together.",
        current="learn",
        articles=site.content.articles,
    )


def article_page(site: Site, article: Article) -> Page:
    return html_page(
        site,
        f"learn/{article.slug}/index.html",
        "article.html",
        title=article.title,
        description=article.description,
        current="learn",
        article=article,
    )


def templates_page(site: Site, chosen: Collection[str] | None = None) -> Page:
    """`chosen`: see `fitting`. The static page has None."""
    fit = fitting(site.catalogue, "templates", chosen)
    return html_page(
        site,
        "templates/index.html",
        "templates.html",
        title="Templates",
        description="Ready compositions of values and methods that you can start your own rule from.",
        current="templates",
        templates=[site.catalogue.template(id) for id in fit.order],
        fit=fit,
    )


def methods_page(site: Site) -> Page:
    return html_page(
        site,
        "methods/index.html",
        "methods.html",
        title="Methods",
        description="Ways of talking, joining, deciding and settling conflict, each with a text that can be published.",
        current="methods",
        groups=[(site.catalogue.section(id), site.catalogue.methods_of(id)) for id in METHOD_SECTIONS],
    )


def values_page(site: Site) -> Page:
    return html_page(
        site,
        "values/index.html",
        "values.html",
        title="Values",
        description="Values that a community can choose from: what each one means, and what it looks like in practice.",
        current="methods",
        values=site.catalogue.values.values(),
    )


def section_page(site: Site, id: str, chosen: Collection[str] | None = None) -> Page:
    """As `templates_page`."""
    section = site.catalogue.section(id)
    fit = fitting(site.catalogue, id, chosen)
    return html_page(
        site,
        f"methods/{id}/index.html",
        "section.html",
        title=f"{section.title}: methods",
        description=f"{section.lead} The methods to choose from.",
        current="methods",
        section=section,
        methods=[site.catalogue.methods[id, method] for method in fit.order],
        fit=fit,
    )


def form_pages(site: Site) -> Iterator[Page]:
    """Static shells of the pages that the API answers: their forms post to `/api/`."""
    yield plain_form_page(site)
    yield html_page(
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
    yield html_page(
        site,
        "search/index.html",
        "search.html",
        title="Search",
        description="Find a community's rule, a template, a method, a value or an article.",
        current="search",
        **search_form(),
    )
    yield html_page(
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
    return html_page(
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
        yield html_page(site, f"{code}.html", f"{code}.html", title=title, description=description, indexed=False)
