"""`scripts/screenshots`: every page at two widths, light and dark, to look at; and the picture that README shows."""

import argparse
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

from api import ROOT
from rulepages.catalogue import Catalogue
from tests.journeys.conftest import ARGUMENTS
from tests.support.cast import OLGA, ORGANIZERS
from tests.support.client import Client
from tests.support.documents import catalogue
from tests.support.running_site import RunningSite
from tests.support.uploads import HEADERS, form, jpeg

README_PICTURE = ROOT / "docs" / "screenshot.png"
SIZES = [(390, "light"), (390, "dark"), (1440, "light"), (1440, "dark")]
DEMO = (
    ("Riverside Tool Library", "consensus", "Neighbors who share tools, a workshop and one evening a week."),
    ("Lantern Street Kitchen", "solidarity-network", "We cook on Thursdays for whoever is hungry."),
    ("Open Weather Map Makers", "do-ocracy", "Volunteers who write software for weather stations."),
)


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="scripts/screenshots")
    parser.add_argument("--folder", type=Path, default=ROOT / "var" / "screenshots")
    parser.add_argument("--readme", action="store_true", help=f"also renew {README_PICTURE.relative_to(ROOT)}")
    options = parser.parse_args(arguments)
    options.folder.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="screenshots-"))
    site = RunningSite(folder, {"OPERATOR_EMAILS": OLGA, "ORGANIZER_INQUIRY_TO": ORGANIZERS})
    try:
        _take(site.start(), options.folder, readme=options.readme)
    finally:
        site.close()
        shutil.rmtree(folder, ignore_errors=True)
    print(f"pictures are in {options.folder}")
    return 0


def _take(site: RunningSite, folder: Path, *, readme: bool) -> None:
    author = site.author("ada@example.org")
    paths = _pages(site, author)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=ARGUMENTS)
        for width, scheme in SIZES:
            context = browser.new_context(
                base_url=site.origin, viewport={"width": width, "height": 900}, color_scheme=scheme
            )
            for name, value in author.cookies.items():
                context.add_cookies([{"name": name, "value": value, "url": site.origin}])
            page = context.new_page()
            for name, path in paths.items():
                page.goto(path)
                page.evaluate("document.fonts.ready.then(() => null)")
                page.screenshot(path=folder / f"{name}-{width}-{scheme}.png", full_page=True)
            if readme and (width, scheme) == (1440, "light"):
                page.goto(paths["rule"])
                page.screenshot(path=README_PICTURE)
            context.close()
        browser.close()


def _pages(site: RunningSite, author: Client) -> dict[str, str]:
    """Pages by the name of their picture; those of rows are published first."""
    rules = [site.publish(author, _document(catalogue(), *row)) for row in DEMO]
    gone = site.publish(author, _document(catalogue(), "Gone", "consensus", ""))
    author.send("DELETE", f"/api/rules/{gone['id']}/publication")
    rule = rules[0]
    revised = _document(catalogue(), *DEMO[0][:2], "Neighbors who share tools, a workshop and Thursday soup.")
    revised["conflict"] = []
    body = {"document": revised, "reason": "We cook together now, and settle quarrels at the table."}
    assert author.send("PATCH", f"/api/rules/{rules[0]['id']}", body).status == 200
    half: dict[str, object] = {
        "community": {"name": "Corner Garden"},
        "values": [{"own": "own-1", "meaning": "Nobody waters al"}],
    }
    draft = author.send("POST", "/api/drafts", {"payload": half}).json["draft"]
    for word in ("alone", "alone, and nobody har"):
        half["values"] = [{"own": "own-1", "meaning": f"Nobody waters {word}"}]
        author.send("PUT", f"/api/drafts/{draft['id']}", {"payload": half})
    photo = author.request("POST", "/api/uploads", form(jpeg((1600, 1000))), HEADERS).json
    pictured = _document(catalogue(), *DEMO[2])
    size = {"width": photo["width"], "height": photo["height"]}
    pictured["community"]["photo"] = {"upload": photo["id"], "alt": "Colors that run into each other", **size}
    with_photo = site.publish(author, pictured)
    return {
        "home": "/",
        "library": "/rules/",
        "archive": "/rules/page/1/",
        "rule": f"/rules/{rule['slug']}/",
        "rule-with-photo": f"/rules/{with_photo['slug']}/",
        "version": f"/rules/{rule['slug']}/v/1/",
        "compare": f"/rules/{rule['slug']}/compare/2/",
        "history": f"/rules/{rule['slug']}/history/",
        "gone": f"/rules/{gone['slug']}/",
        "missing": "/nope/",
        "templates": "/templates/",
        "templates-fit": "/api/templates/fit?facet.types=mutual-aid&facet.size=six-to-twelve",
        "template": "/templates/consensus/",
        "methods": "/methods/",
        "section": "/methods/decisions/",
        "method": "/methods/decisions/lazy-consensus/",
        "values": "/values/",
        "search": "/search/",
        "found": "/api/search?q=consensus",
        "learn": "/learn/",
        "article": "/learn/how-chaos-concentrates-control/",
        "about": "/about/",
        "how-it-works": "/how-it-works/",
        "privacy": "/privacy/",
        "terms": "/terms/",
        "accessibility": "/accessibility/",
        "licence": "/licence/",
        "create": "/create/plain/",
        "revise": f"/api/create/plain?rule={rule['id']}",
        "draft": f"/api/create/plain?draft={draft['id']}&saved=3",
        "draft-history": f"/api/drafts/{draft['id']}/history",
        "sign-in": "/sign-in/",
        "profile": "/profile/",
        "your-rules": "/api/profile",
        "ask": "/api/organizer-inquiry",
        "report": f"/api/reports/new?rule={rule['slug']}",
    }


def _document(known: Catalogue, name: str, template_id: str, context: str) -> dict[str, Any]:
    template = known.template(template_id)
    assert template is not None
    community = {"name": name, "context": context}
    return {"schema": 1, "template": template_id, "community": community, **known.document(template)}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
