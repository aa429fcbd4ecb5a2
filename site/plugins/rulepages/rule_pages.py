"""The pages of one rule: its current text, every version, what changed in each, its history, and its formats."""

from collections.abc import Callable, Iterator
from functools import partial
from itertools import pairwise

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
from rulepages.sources import Listings, Source
from rulepages.structured_data import structured_data
from rulepages.uploads import photo_of

NEWEST_ADAPTATIONS = 6
NEWEST_IN_RULE_FEED = 20


def rule_pages(site: Site, source: Listings, rule: Rule) -> Iterator[Page]:
    """All pages of a rule whose documents are loaded: versions first, so that no link leads to a page not there."""
    for version in rule.versions:
        if version.document:
            yield json_file(site, rule, version, version.document)
            yield markdown_file(site, rule, version, version.document)
            yield version_page(site, rule, version, version.document)
    for before, version in pairwise(rule.versions):
        if before.document and version.document:
            yield comparison_page(site, rule, version, before.document, version.document)
    assert rule.current.document is not None
    yield csv_file(site, rule, rule.current.document)
    yield rule_feed(site, rule)
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
        photo=photo_of(document["community"]),
        contents=contents(site.catalogue, document),
        rule_text=partial(rule_text, site.catalogue, document),
        adapted=adapted,
        structured_data=partial(structured_data, document, stated(site, rule.slug, rule.current)),
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
        photo=photo_of(document["community"]),
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
        parts=partial(compare, site.catalogue, before, after),
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


def json_file(site: Site, rule: Rule, version: Version, document: Document) -> Page:
    return _version_file("rule.json", partial(to_json, document), site, rule, version)


def markdown_file(site: Site, rule: Rule, version: Version, document: Document) -> Page:
    return _version_file("rule.md", partial(to_markdown, site.catalogue, document), site, rule, version)


def _version_file(name: str, write: Callable[[Stated], str], site: Site, rule: Rule, version: Version) -> Page:
    path = f"rules/{rule.slug}/v/{version.number}/{name}"
    return _text_file(path, write, stated(site, rule.slug, version), digest([rule.slug, version.facts]))


def csv_file(site: Site, rule: Rule, document: Document) -> Page:
    facts = stated(site, rule.slug, rule.current)
    key = digest([rule.slug, rule.current.facts])
    return _text_file(f"rules/{rule.slug}/rule.csv", partial(to_csv, site.catalogue, document), facts, key)


def _text_file(path: str, write: Callable[[Stated], str], facts: Stated, key: str) -> Page:
    """Written when it is rendered only. It is no HTML, so nothing in it is escaped."""
    return Page(path, "text.txt", {"text": lambda: Markup(write(facts))}, key)  # noqa: S704


def rule_feed(site: Site, rule: Rule) -> Page:
    """Newest versions first, but for those that were withdrawn."""
    versions = [version for version in reversed(rule.versions) if not version.withdrawn_at][:NEWEST_IN_RULE_FEED]
    key = digest([rule.slug, rule.title, *(version.facts for version in versions)])
    context = {"site": site, "rule": rule, "versions": versions}
    return Page(f"rules/{rule.slug}/feed.xml", "rule_feed.xml", context, key)


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
    return _at_version(version_page, site, source, slug, number)


def json_file_at(site: Site, source: Source, slug: str, number: str) -> Page | None:
    return _at_version(json_file, site, source, slug, number)


def markdown_file_at(site: Site, source: Source, slug: str, number: str) -> Page | None:
    return _at_version(markdown_file, site, source, slug, number)


def _at_version(
    make: Callable[[Site, Rule, Version, Document], Page], site: Site, source: Source, slug: str, number: str
) -> Page | None:
    rule = source.rule(slug)
    if rule is None or int(number) > rule.current.number:
        return None
    version = rule.versions[int(number) - 1]
    document = _text_of(source, rule, version)
    return make(site, rule, version, document) if document else None


def csv_file_at(site: Site, source: Source, slug: str) -> Page | None:
    rule = source.rule(slug)
    document = _text_of(source, rule, rule.current) if rule else None
    return csv_file(site, rule, document) if rule and document else None


def rule_feed_at(site: Site, source: Source, slug: str) -> Page | None:
    rule = source.rule(slug)
    return rule_feed(site, rule) if rule else None


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
