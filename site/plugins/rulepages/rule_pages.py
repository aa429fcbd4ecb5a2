"""The pages of one rule: its current text, every version, what changed in each, its history, and its formats."""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from itertools import pairwise
from typing import Any

from markupsafe import Markup

from rulepages.comparison import compare
from rulepages.formats import Stated, stated
from rulepages.listings import ADAPTED
from rulepages.mark import mark
from rulepages.page import Page, html_page
from rulepages.rows import Document, Rule, Version, cards_digest, digest
from rulepages.rule_csv import to_csv
from rulepages.rule_json import to_json
from rulepages.rule_markdown import to_markdown
from rulepages.rule_text import contents, rule_text
from rulepages.site_inputs import Site
from rulepages.sources import Source, Texts
from rulepages.structured_data import structured_data
from rulepages.uploads import photo_of

NEWEST_ADAPTATIONS = 6
NEWEST_IN_RULE_FEED = 20


def rule_pages(site: Site, source: Texts, rule: Rule) -> Iterator[Page]:
    """All pages of a rule: versions first, so that no link leads to a page not there."""
    for version in rule.versions:
        if not version.withdrawn_at:
            yield json_file(site, source, rule, version)
            yield markdown_file(site, source, rule, version)
            yield version_page(site, source, rule, version)
    for before, version in pairwise(rule.versions):
        if not before.withdrawn_at and not version.withdrawn_at:
            yield comparison_page(site, source, rule, version)
    yield csv_file(site, source, rule)
    yield rule_feed(site, rule)
    yield history_page(site, rule)
    yield rule_page(site, source, rule)


def rule_page(site: Site, source: Texts, rule: Rule) -> Page:
    adapted = source.newest(f"{ADAPTED}/{rule.slug}", NEWEST_ADAPTATIONS) if rule.adaptations else []

    def text() -> Mapping[str, Any]:
        document = source.document(rule.slug, rule.current.number)
        facts = stated(site, rule.slug, rule.current)
        return {**_text_of(site, document), "structured_data": partial(structured_data, document, facts)}

    return html_page(
        site,
        f"rules/{rule.slug}/index.html",
        "rule.html",
        title=rule.title,
        description=rule.context or f"How {rule.title} governs itself.",
        indexed=rule.listed,
        current="rules",
        key=digest([rule.digest, rule.adaptations, cards_digest(adapted)]),
        rule=rule,
        version=rule.current,
        adapted=adapted,
        mark=mark(rule.slug),
        text=text,
    )


def version_page(site: Site, source: Texts, rule: Rule, version: Version) -> Page:
    """The same bytes for ever, whatever happens to the rule later: it knows nothing of other versions."""
    return html_page(
        site,
        f"rules/{rule.slug}/v/{version.number}/index.html",
        "version.html",
        title=f"{version.title}, version {version.number}",
        description=f"Version {version.number} of the rule of {version.title}, published on"
        f" {version.published_at[:10]}.",
        indexed=False,
        current="rules",
        key=digest([rule.slug, version.facts]),
        slug=rule.slug,
        version=version,
        mark=mark(rule.slug),
        text=lambda: _text_of(site, source.document(rule.slug, version.number)),
    )


def _text_of(site: Site, document: Document) -> Mapping[str, Any]:
    return {
        "document": document,
        "photo": photo_of(document["community"]),
        "contents": contents(site.catalogue, document),
        "rule_text": partial(rule_text, site.catalogue, document),
    }


def comparison_page(site: Site, source: Texts, rule: Rule, version: Version) -> Page:
    """The version before with this one. Like a version's page it never changes."""
    number, previous = version.number, rule.versions[version.number - 2]

    def text() -> Mapping[str, Any]:
        before, after = source.document(rule.slug, number - 1), source.document(rule.slug, number)
        return {"language": after.get("language") or "en", "parts": compare(site.catalogue, before, after)}

    return html_page(
        site,
        f"rules/{rule.slug}/compare/{number}/index.html",
        "compare.html",
        title=f"What changed in version {number} of {version.title}",
        description=f"The rule of {version.title}: version {number - 1} and version {number}, side by side.",
        indexed=False,
        current="rules",
        key=digest([rule.slug, previous.sha256, version.facts]),
        slug=rule.slug,
        community=version.title,
        version=version,
        text=text,
    )


def history_page(site: Site, rule: Rule) -> Page:
    return html_page(
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


# -- formats ----------------------------------------------------------------------------------------------------------


def json_file(site: Site, source: Texts, rule: Rule, version: Version) -> Page:
    path = f"rules/{rule.slug}/v/{version.number}/rule.json"
    return _text_file(path, lambda: to_json(*_stated_text(site, source, rule, version)), rule, version)


def markdown_file(site: Site, source: Texts, rule: Rule, version: Version) -> Page:
    path = f"rules/{rule.slug}/v/{version.number}/rule.md"
    write = partial(to_markdown, site.catalogue)
    return _text_file(path, lambda: write(*_stated_text(site, source, rule, version)), rule, version)


def csv_file(site: Site, source: Texts, rule: Rule) -> Page:
    path, write = f"rules/{rule.slug}/rule.csv", partial(to_csv, site.catalogue)
    return _text_file(path, lambda: write(*_stated_text(site, source, rule, rule.current)), rule, rule.current)


def _stated_text(site: Site, source: Texts, rule: Rule, version: Version) -> tuple[Document, Stated]:
    return source.document(rule.slug, version.number), stated(site, rule.slug, version)


def _text_file(path: str, text: Callable[[], str], rule: Rule, version: Version) -> Page:
    """It is no HTML, so nothing in it is escaped."""
    key = digest([rule.slug, version.facts])
    return Page(path, "text.txt", lambda: {"text": Markup(text())}, key)  # noqa: S704


def rule_feed(site: Site, rule: Rule) -> Page:
    """Newest versions first, but for those that were withdrawn."""
    versions = [version for version in reversed(rule.versions) if not version.withdrawn_at][:NEWEST_IN_RULE_FEED]
    key = digest([rule.slug, rule.title, *(version.facts for version in versions)])
    context = {"site": site, "rule": rule, "versions": versions}
    return Page(f"rules/{rule.slug}/feed.xml", "rule_feed.xml", lambda: context, key)


# -- by path: None where no page belongs ------------------------------------------------------------------------------


def rule_page_at(site: Site, source: Source, slug: str) -> Page | None:
    rule = source.rule(slug)
    return rule_page(site, source, rule) if rule else None


def csv_file_at(site: Site, source: Source, slug: str) -> Page | None:
    rule = source.rule(slug)
    return csv_file(site, source, rule) if rule else None


def rule_feed_at(site: Site, source: Source, slug: str) -> Page | None:
    rule = source.rule(slug)
    return rule_feed(site, rule) if rule else None


def history_page_at(site: Site, source: Source, slug: str) -> Page | None:
    rule = source.rule(slug)
    return history_page(site, rule) if rule else None


def version_page_at(site: Site, source: Source, slug: str, number: str) -> Page | None:
    return _at_version(version_page, site, source, slug, int(number))


def json_file_at(site: Site, source: Source, slug: str, number: str) -> Page | None:
    return _at_version(json_file, site, source, slug, int(number))


def markdown_file_at(site: Site, source: Source, slug: str, number: str) -> Page | None:
    return _at_version(markdown_file, site, source, slug, int(number))


def comparison_page_at(site: Site, source: Source, slug: str, number: str) -> Page | None:
    return _at_version(comparison_page, site, source, slug, int(number), shown=2)


def _at_version(
    make: Callable[[Site, Texts, Rule, Version], Page],
    site: Site,
    source: Source,
    slug: str,
    number: int,
    *,
    shown: int = 1,
) -> Page | None:
    """`shown` is how many versions the page shows, up to this one: none of them may be withdrawn."""
    rule = source.rule(slug)
    if rule is None or not shown <= number <= rule.current.number:
        return None
    if any(version.withdrawn_at for version in rule.versions[number - shown : number]):
        return None
    return make(site, source, rule, rule.versions[number - 1])
