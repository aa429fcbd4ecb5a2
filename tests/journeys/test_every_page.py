"""Every page of the site, in a browser: its look's promises and its budgets, on the longest rule too."""

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, Response

from tests.support.documents import catalogue, full_document, small_document
from tests.support.running_site import RunningSite

KIB = 1024
# Gzip, as it goes over the wire.
HTML, HTML_OF_FORMS, CSS, JS, FONTS, ALL = 20 * KIB, 60 * KIB, 14 * KIB, 6 * KIB, 70 * KIB, 200 * KIB
FONT_FILES, REQUESTS = 2, 12
FORMS = ("/create/plain/", "/api/create/plain")

PAGES = [
    "/",
    "/rules/",
    "/rules/page/1/",
    "<rule>",
    "<rule>v/1/",
    "<rule>history/",
    "<rule>compare/2/",
    "/templates/",
    "/learn/",
]
PAGES += ["/templates/consensus/", "/learn/how-chaos-concentrates-control/", "/about/", "/how-it-works/", "/privacy/"]
PAGES += [
    "/methods/",
    "/methods/decisions/",
    "/methods/decisions/holacracy/",
    "/values/",
    "/terms/",
    "/accessibility/",
    "/licence/",
    "/create/plain/",
    "/sign-in/",
    "/profile/",
    "/nope/",
    "<gone>",
]
PAGES += ["/api/templates/fit?facet.types=dao", "/api/methods/decisions/fit?facet.size=six-to-twelve&facet.types=dao"]
PAGES += ["/rules/by/kind/mutual-aid/", "/rules/by/size/one-member/", "/rules/page/1/", "<keeping>", "<adapt>"]
PAGES += ["/api/profile", "/api/create/plain", "<revise>", "<draft>", "<texts>", "/api/organizer-inquiry", "<report>"]
PAGES += ["/search/", "/api/search?q=consensus", "/api/search?q=a&in=methods", "/api/search?q=zzzz"]


@dataclass
class Seen:
    """What a page loaded and complained about. `sizes` are bytes over the wire by kind."""

    page: Page
    sizes: dict[str, list[int]]
    hosts: set[str]
    complaints: list[str]


@pytest.fixture(scope="module")
def addresses(shared_site: RunningSite) -> dict[str, str]:
    """The pages that are made from rows; the rule is the longest that the catalogue can make."""
    author = shared_site.author("every.page@example.org")
    known = catalogue()
    document = full_document("The longest rule that anybody could put together from what the catalogue has")
    for section in ("communication", "membership", "decisions", "conflict"):
        methods = [method for (where, _), method in known.methods.items() if where == section][:2]
        document[section] = [
            {"id": m.id, "title": m.title, "summary": m.summary, "fields": dict(m.fields)} for m in methods
        ]
    first = shared_site.publish(author, small_document("Before it grew"))
    body = {"document": document, "reason": "We wrote down everything that we had only said so far."}
    rule = author.send("PATCH", f"/api/rules/{first['id']}", body).json["rule"]
    gone = shared_site.publish(author, full_document("Gone"))
    author.send("DELETE", f"/api/rules/{gone['id']}/publication")
    draft = author.send("POST", "/api/drafts", {"payload": {"values": [{}], "conflict": document["conflict"]}}).json
    cookie = next(iter(author.cookies.items()))
    return {
        "<rule>": f"/rules/{rule['slug']}/",
        "<gone>": f"/rules/{gone['slug']}/",
        "<keeping>": f"/api/rules/{rule['id']}/keeping",
        "<adapt>": f"/api/create/plain?adapt={rule['slug']}/v/2",
        "<revise>": f"/api/create/plain?rule={rule['id']}",
        "<draft>": f"/api/create/plain?draft={draft['draft']['id']}&saved=1",
        "<texts>": f"/api/drafts/{draft['draft']['id']}/history",
        "<report>": f"/api/reports/new?rule={rule['slug']}",
        "cookie": "=".join(cookie),
    }


@pytest.fixture(params=[(390, "light"), (390, "dark"), (1440, "light"), (1440, "dark")], ids=lambda p: f"{p[0]}-{p[1]}")
def page(
    request: pytest.FixtureRequest, browser: Browser, shared_site: RunningSite, addresses: dict[str, str]
) -> Iterator[Page]:
    width, scheme = request.param
    context = browser.new_context(
        base_url=shared_site.origin, viewport={"width": width, "height": 900}, color_scheme=scheme
    )
    name, _, value = addresses["cookie"].partition("=")
    context.add_cookies([{"name": name, "value": value, "url": shared_site.origin}])
    context.add_init_script(
        "window.shift = 0; new PerformanceObserver(list => { for (const entry of list.getEntries())"
        " if (!entry.hadRecentInput) window.shift += entry.value; }).observe({type: 'layout-shift', buffered: true});"
    )
    yield context.new_page()
    context.close()


def visit(page: Page, path: str) -> Seen:
    seen = Seen(page, {}, set(), [])

    def note(response: Response) -> None:
        seen.hosts.add(urlsplit(response.url).netloc)
        kind = response.request.resource_type
        seen.sizes.setdefault(kind, []).append(response.request.sizes()["responseBodySize"])

    page.on("response", note)
    page.on("console", lambda message: seen.complaints.append(message.text))
    page.on("pageerror", lambda error: seen.complaints.append(str(error)))
    page.goto(path)
    page.evaluate("document.fonts.ready.then(() => null)")
    return seen


@pytest.mark.parametrize("path", PAGES)
def test_a_page(page: Page, path: str, addresses: dict[str, str], shared_site: RunningSite) -> None:
    for name, address in addresses.items():
        path = path.replace(name, address)
    seen = visit(page, path)

    assert seen.hosts == {urlsplit(shared_site.origin).netloc}
    complaints = [text for text in seen.complaints if "the server responded with a status of 4" not in text]
    assert complaints == []

    found = Axe().run(page).response["violations"]
    assert [(row["id"], [node["html"][:120] for node in row["nodes"]]) for row in found] == []

    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]  # type: ignore[index]
    assert page.evaluate("window.shift") == pytest.approx(0, abs=0.005)
    assert page.locator("h1").count() == 1

    budget = HTML_OF_FORMS if path.startswith(FORMS) else HTML
    own_pages_overhead = 4 if path.startswith("/api/") else 1  # nginx packs files ahead of time, not the API's answers
    assert sum(seen.sizes["document"]) <= budget * own_pages_overhead
    assert sum(seen.sizes.get("stylesheet", [])) <= CSS
    assert sum(seen.sizes.get("script", [])) <= JS
    assert sum(seen.sizes.get("font", [])) <= FONTS
    assert len(seen.sizes.get("font", [])) <= FONT_FILES
    assert sum(map(len, seen.sizes.values())) <= REQUESTS
    assert sum(map(sum, seen.sizes.values())) <= ALL


@pytest.mark.parametrize("path", PAGES)
def test_touch_targets_are_big_enough(
    browser: Browser, path: str, addresses: dict[str, str], shared_site: RunningSite
) -> None:
    """WCAG 2.5.8: 24 by 24 pixels, links within a sentence aside."""
    for name, address in addresses.items():
        path = path.replace(name, address)
    context = browser.new_context(base_url=shared_site.origin, viewport={"width": 390, "height": 900})
    name, _, value = addresses["cookie"].partition("=")
    context.add_cookies([{"name": name, "value": value, "url": shared_site.origin}])
    page = context.new_page()
    page.goto(path)
    small = page.evaluate(
        """() => [...document.querySelectorAll('a, button, summary, input:not([type=hidden])')]
            .filter(it => it.offsetParent && !it.closest('p, li.prose, .prose, dd, .skip'))
            .map(it => [it, (it.closest('label') || it).getBoundingClientRect()])
            .filter(([it, box]) => box.width && (box.height < 24 || box.width < 24))
            .map(([it]) => it.outerHTML.slice(0, 120))"""
    )
    assert small == []
    context.close()


def test_every_file_of_the_tree_is_within_its_budget(addresses: dict[str, str], shared_site: RunningSite) -> None:
    """All methods, templates, listings and rules, not only those that are looked at above."""
    root = (shared_site.build / "current").resolve()
    sizes = {f"/{path.parent.relative_to(root)}/": path.stat().st_size for path in root.rglob("index.html.gz")}
    assert {addresses["<rule>"], "/methods/decisions/holacracy/", "/templates/consensus/"} <= set(sizes)
    budgets = {path: HTML_OF_FORMS if path.startswith(FORMS) else HTML for path in sizes}
    assert {path: size for path, size in sizes.items() if size > budgets[path]} == {}
