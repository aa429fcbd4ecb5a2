"""Each template's, method's and section's page in a browser: a text of its own can break what the others keep."""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser

from tests.support.running_site import RunningSite


def test_axe_has_no_complaint(browser: Browser, shared_site: RunningSite) -> None:
    root = (shared_site.build / "current").resolve()
    paths = [
        f"/{file.parent.relative_to(root)}/"
        for top in ("methods", "templates")
        for file in (root / top).rglob("index.html")
    ]
    assert len(paths) == 1 + 4 + 81 + 1 + 13
    context = browser.new_context(base_url=shared_site.origin, viewport={"width": 390, "height": 900})
    page = context.new_page()
    complaints = {}
    for path in sorted(paths):
        page.goto(path)
        wide = page.evaluate("document.documentElement.scrollWidth") > 390
        found = [row["id"] for row in Axe().run(page).response["violations"]] + ["scrolls sideways"] * wide
        if found:
            complaints[path] = found
    context.close()
    assert complaints == {}
