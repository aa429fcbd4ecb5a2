"""A rule with a photo and files, as a reader meets it: from the upload to the page, at any width, and on paper."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, Route

from tests.support.client import Client
from tests.support.documents import full_document
from tests.support.running_site import RunningSite, wait_until
from tests.support.uploads import ATTACHMENT, HEADERS, PDF, form, jpeg

SHIFT = (
    "window.shift = 0; new PerformanceObserver(list => { for (const entry of list.getEntries())"
    " if (!entry.hadRecentInput) window.shift += entry.value; }).observe({type: 'layout-shift', buffered: true});"
    "window.reports = []; addEventListener('securitypolicyviolation', e => reports.push(e.blockedURI))"
)
ALT = 'Two of us <b>mend</b> a "bicycle" {{ 7*7 }}'


@pytest.fixture(scope="module")
def author(shared_site: RunningSite) -> Client:
    return shared_site.author("pictures@example.org")


def upload(author: Client, content: bytes) -> dict[str, Any]:
    answer = author.request("POST", "/api/uploads", form(content, ATTACHMENT), HEADERS)
    assert answer.status == 200, answer.text
    plain: dict[str, Any] = answer.json
    return plain


@pytest.fixture(scope="module")
def rule(shared_site: RunningSite, author: Client) -> dict[str, Any]:
    photo, plan, pdf = upload(author, jpeg((2400, 1500))), upload(author, jpeg((500, 1500))), upload(author, PDF)
    document = full_document("Riverside Tool Library")
    size = {"width": photo["width"], "height": photo["height"]}
    document["community"]["photo"] = {"upload": photo["id"], "alt": ALT, **size}
    size = {"width": plan["width"], "height": plan["height"]}
    document["communication"][0]["blocks"] = [
        {"kind": "file", "title": "Where tools hang", "upload": plan["id"], "name": "The wall", **size},
        {"kind": "file", "title": "Form", "upload": pdf["id"], "name": "Borrowing / 2026"},
    ]
    return shared_site.publish(author, document)


@pytest.fixture(params=[(390, "light"), (1440, "dark")], ids=["phone", "desk"])
def page(request: pytest.FixtureRequest, browser: Browser, shared_site: RunningSite) -> Iterator[Page]:
    width, scheme = request.param
    context = browser.new_context(
        base_url=shared_site.origin, viewport={"width": width, "height": 900}, color_scheme=scheme
    )
    context.add_init_script(SHIFT)
    yield context.new_page()
    context.close()


def test_pictures_are_shown_and_nothing_moves(page: Page, rule: dict[str, Any]) -> None:
    """They arrive late, and the page has left room for them."""
    late: list[Route] = []
    is_time = False

    def hold(route: Route) -> None:
        if is_time:
            route.continue_()
        else:
            late.append(route)

    page.route("**/api/uploads/*", hold)
    page.goto(f"/rules/{rule['slug']}/", wait_until="domcontentloaded")
    page.evaluate("document.fonts.ready.then(() => null)")
    page.wait_for_timeout(200)
    assert late, "no picture was asked for"
    before = page.evaluate("[...document.querySelectorAll('.picture')].map(it => it.getBoundingClientRect().height)")
    is_time = True
    for route in late:
        route.continue_()
    page.locator(".detail .picture").scroll_into_view_if_needed()
    wait_until(
        lambda: page.evaluate("[...document.querySelectorAll('.picture')].every(it => it.complete && it.naturalWidth)")
    )
    after = page.evaluate("[...document.querySelectorAll('.picture')].map(it => it.getBoundingClientRect().height)")
    assert len(after) == 2
    assert after == pytest.approx(before, abs=1)
    assert page.evaluate("window.shift") == pytest.approx(0, abs=0.005)
    assert page.evaluate("reports") == []
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]  # type: ignore[index]
    assert all(height <= 480 for height in after)
    assert page.locator(".rule-head .picture").get_attribute("alt") == ALT
    assert [(row["id"], row["nodes"][0]["html"]) for row in Axe().run(page).response["violations"]] == []


def test_a_pdf_is_saved_under_its_name(page: Page, rule: dict[str, Any]) -> None:
    page.goto(f"/rules/{rule['slug']}/")
    with page.expect_download() as download:
        page.get_by_role("link", name="Borrowing / 2026").click()
    assert download.value.suggested_filename == "Borrowing _ 2026.pdf"
    assert download.value.path().read_bytes() == PDF


def test_an_upload_that_is_opened_alone_can_do_nothing(page: Page, rule: dict[str, Any]) -> None:
    page.goto(f"/rules/{rule['slug']}/")
    address = page.locator(".rule-head .picture").get_attribute("src")
    assert address
    page.goto(address)
    assert page.evaluate("origin") == "null"  # the sandbox: not this site's any more


def test_every_version_and_format_carries_them(shared_site: RunningSite, author: Client, rule: dict[str, Any]) -> None:
    """Revised from the form, which knows nothing of pictures, the rule keeps them."""
    (current,) = (author.get(f"/api/rules/{rule['id']}").json["rule"]["document"],)
    name = current["community"]["photo"]["upload"]
    fields = {"rule": str(rule["id"]), "base": rule["sha256"], "reason": "A new name", "community.name": "Riverside"}
    kept = current["communication"][0]
    fields |= {"communication.0.id": kept["id"], "communication.0.title": kept["title"]}
    answer = author.form("/api/create/plain", fields)
    assert answer.status == 303, answer.text
    slug = urlsplit(answer.headers["location"]).path.split("/")[2]
    for path in (f"/rules/{slug}/", f"/rules/{slug}/v/1/", f"/rules/{slug}/v/2/"):
        html = shared_site.read(path).text
        assert f'src="/api/uploads/{name}"' in html, path
        assert "The wall" in html, path
        assert "<b>mend" not in html, path
    for path in ("v/2/rule.md", "v/2/rule.json", "rule.csv"):
        assert name in shared_site.read(f"/rules/{slug}/{path}").text, path
