"""A rule on paper, as Chromium prints it: only the rule, black on white, in as many pages as it needs."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from adapter import NoRules
from api import ROOT
from api.document.canonical_json import canonical_json, sha256_of
from api.document.reading import read_document
from asset_files import build_assets
from rulepages.catalogue import SECTIONS
from rulepages.rows import Rule, Version
from rulepages.rule_pages import rule_page
from tests.support.documents import catalogue, full_document, small_document
from tests.support.sites import ORIGIN, environment, site

SLUG = "riverside-tool-library-1a2b"
PAGE = re.compile(rb"/Type\s*/Page\b")

Opener = Callable[..., Page]


class OneText(NoRules):
    """The rows of one rule with one version."""

    def __init__(self, document: dict[str, Any]) -> None:
        self._document = document

    def document(self, slug: str, number: int) -> dict[str, Any]:
        return self._document


@pytest.fixture
def open_rule(browser: Browser, assets: Path) -> Iterator[Opener]:
    """Opens a document's page, with its style sheet and fonts, in a light or dark browser."""
    names = build_assets(ROOT / "site" / "theme" / "static", assets)
    opened: list[Page] = []

    def open_it(document: dict[str, Any], scheme: str = "light") -> Page:
        plain = read_document(document).to_json()
        name, context = plain["community"]["name"], plain["community"]["context"]
        version = Version(1, "2026-11-24T09:30:00Z", sha256_of(canonical_json(plain)), "", name)
        rule = Rule(SLUG, {"library": 1}, name, context, (version,))
        made = rule_page(replace(site(), assets=names), OneText(plain), rule)
        html = environment().get_template(made.template).render(made.context())

        def serve(route: Route) -> None:
            name = route.request.url.removeprefix(f"{ORIGIN}/assets/")
            if name == route.request.url:
                route.fulfill(body=html, content_type="text/html; charset=utf-8")
            else:
                route.fulfill(path=assets / name)

        page = browser.new_page(color_scheme="dark" if scheme == "dark" else "light")
        opened.append(page)
        page.route("**/*", serve)
        page.goto(f"{ORIGIN}/rules/{SLUG}/")
        return page

    yield open_it
    for page in opened:
        page.close()


def pages_of(page: Page, size: str) -> int:
    return len(PAGE.findall(page.pdf(format=size)))


@pytest.mark.parametrize("size", ["A4", "Letter"])
def test_a_short_rule_is_one_sheet_and_a_long_one_a_booklet(open_rule: Opener, size: str) -> None:
    assert pages_of(open_rule(small_document()), size) == 1
    long = open_rule(full_document("Riverside Tool Library"))
    assert 10 <= pages_of(long, size) <= 20
    long.emulate_media(media="print")
    expect(long.get_by_role("navigation", name="Contents of this rule")).to_be_visible()


def test_paper_has_the_rule_and_what_finds_it_again(open_rule: Opener) -> None:
    page = open_rule(small_document())
    chrome = [
        page.get_by_role("navigation", name="Main"),
        page.get_by_role("navigation", name="About this site"),
        page.get_by_role("link", name="Write a rule"),
        page.get_by_role("link", name="History"),
        page.get_by_text("Write to us"),
    ]
    for part in chrome:
        expect(part).to_be_visible()
    page.emulate_media(media="print")
    for part in chrome:
        expect(part).to_be_hidden()
    expect(page.get_by_role("heading", name="Riverside Tool Library")).to_be_visible()
    colophon = page.locator(".colophon")
    expect(colophon).to_contain_text(f"{ORIGIN}/rules/{SLUG}/v/1/")
    expect(colophon).to_contain_text("24 November 2026")
    expect(colophon).to_contain_text("CC BY-SA 4.0")


def test_a_dark_browser_prints_black_on_white(open_rule: Opener) -> None:
    page = open_rule(small_document(), "dark")
    colors = "() => ['color', 'background-color'].map(name => getComputedStyle(document.body).getPropertyValue(name))"
    on_screen = page.evaluate(colors)
    page.emulate_media(media="print")
    assert page.evaluate(colors) == ["rgb(0, 0, 0)", "rgb(255, 255, 255)"] != on_screen


def test_the_top_margin_names_the_sections() -> None:
    """They stand in the sheet a second time: no browser can take a margin's words from the page yet."""
    sheet = (ROOT / "site" / "theme" / "static" / "css" / "5-print.css").read_text()
    names = re.findall(r'@page ([a-z]+) \{ @top-right \{ content: "([^"]+)"', sheet)
    assert names == [(id, catalogue().section(id).title) for id in SECTIONS]
