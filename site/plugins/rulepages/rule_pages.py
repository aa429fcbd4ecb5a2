"""The pages of one rule: its current text, every version, what changed in each, and its history."""

from collections.abc import Iterator
from functools import partial
from itertools import pairwise

from rulepages.comparison import compare
from rulepages.listings import ADAPTED
from rulepages.mark import mark
from rulepages.page import Page, html_page
from rulepages.rows import Document, Rule, Version, cards_digest, digest
from rulepages.rule_text import contents, rule_text
from rulepages.site_inputs import Site
from rulepages.sources import Listings, Source

NEWEST_ADAPTATIONS = 6


def rule_pages(site: Site, source: Listings, rule: Rule) -> Iterator[Page]:
    """All pages of a rule whose documents are loaded: versions first, so that no link leads to a page not there."""
    for version in rule.versions:
        if version.document:
            yield version_page(site, rule, version, version.document)
    for before, version in pairwise(rule.versions):
        if before.document and version.document:
            yield comparison_page(site, rule, version, before.document, version.document)
    assert rule.current.document is not None
    yield history_page(site, rule)
    yield rule_page(site, source, rule, rule.current.document)


def rule_page(site: Site, source: Listings, rule: Rule, document: Document) -> Page:
    adapted = source.newest(f"{ADAPTED}/{rule.slug}", NEWEST_ADAPTATIONS) if rule.adaptations else []
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
        document=document,
        contents=contents(site.catalogue, document),
        rule_text=partial(rule_text, site.catalogue, document),
        adapted=adapted,
        mark=mark(rule.slug),
    )


def version_page(site: Site, rule: Rule, version: Version, document: Document) -> Page:
    """The same bytes for ever, whatever happens to the rule later: it knows nothing of other versions."""
    title = document["community"]["name"]
    return html_page(
        site,
        f"rules/{rule.slug}/v/{version.number}/index.html",
        "version.html",
        title=f"{title}, version {version.number}",
        description=f"Version {version.number} of the rule of {title}, published on {version.published_at[:10]}.",
        indexed=False,
        current="rules",
        key=digest([rule.slug, version.facts]),
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
    return html_page(
        site,
        f"rules/{rule.slug}/compare/{version.number}/index.html",
        "compare.html",
        title=f"What changed in version {version.number} of {title}",
        description=f"The rule of {title}: version {version.number - 1} and version {version.number}, side by side.",
        indexed=False,
        current="rules",
        key=digest([rule.slug, previous.sha256, version.facts]),
        slug=rule.slug,
        community=title,
        version=version,
        language=after.get("language") or "en",
        parts=compare(site.catalogue, before, after),
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


# -- by path: None where no page belongs ------------------------------------------------------------------------------


def rule_page_at(site: Site, source: Source, slug: str) -> Page | None:
    rule = source.rule(slug)
    if rule is None:
        return None
    document = _text_of(source, rule, rule.current)
    return rule_page(site, source, rule, document) if document else None


def history_page_at(site: Site, source: Source, slug: str) -> Page | None:
    rule = source.rule(slug)
    return history_page(site, rule) if rule else None


def version_page_at(site: Site, source: Source, slug: str, number: str) -> Page | None:
    rule = source.rule(slug)
    if rule is None or int(number) > rule.current.number:
        return None
    version = rule.versions[int(number) - 1]
    document = _text_of(source, rule, version)
    return version_page(site, rule, version, document) if document else None


def comparison_page_at(site: Site, source: Source, slug: str, number: str) -> Page | None:
    rule = source.rule(slug)
    if rule is None or not 2 <= int(number) <= rule.current.number:
        return None
    before, version = rule.versions[int(number) - 2 : int(number)]
    old, new = _text_of(source, rule, before), _text_of(source, rule, version)
    return comparison_page(site, rule, version, old, new) if old and new else None


def _text_of(source: Source, rule: Rule, version: Version) -> Document | None:
    """A version's document; None when it was withdrawn."""
    if version.document or version.withdrawn_at:
        return version.document
    return source.document(rule.slug, version.number)
