"""Hostile text in a rule's title, name or words is only ever text, in every kind of page."""

import json
import re
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest

from api.config import Config
from tests.support.cast import ADA, Stage
from tests.support.hostile import HOSTILE
from tests.support.trees import live_tree, pages_worker

MARK = "zq"  # stands around each hostile text, so that it is found again
TAGS = {
    *("html", "head", "meta", "title", "link", "body", "header", "nav", "main", "article", "aside", "section"),
    *("footer", "div", "a", "img", "svg", "path", "circle", "rect", "h1", "h2", "h3", "h4", "p", "span", "strong"),
    *(
        "bdi",
        "code",
        "time",
        "ul",
        "ol",
        "li",
        "dl",
        "dt",
        "dd",
        "br",
        "del",
        "ins",
        "form",
        "label",
        "input",
        "button",
    ),
}
ATTRIBUTES = {
    *("lang", "dir", "id", "class", "tabindex", "title", "charset", "name", "content", "property", "media", "value"),
    *("rel", "href", "as", "type", "crossorigin", "src", "alt", "width", "height", "datetime", "reversed", "for"),
    *("aria-label", "aria-current", "aria-hidden", "aria-labelledby", "data-version", "data-sha256", "data-id"),
    *("action", "method", "maxlength", "autocomplete", "enterkeyhint", "required", "accept-charset", "role"),
    *("viewbox", "preserveaspectratio", "focusable", "d", "cx", "cy", "r", "fill", "stroke", "stroke-width"),
}
FEED_TITLE = "{http://www.w3.org/2005/Atom}title"


class Page(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.links: list[str] = []
        self.data: list[dict[str, object]] = []  # what stands in data blocks, which no browser runs
        self.text = ""
        self._in_data = False
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._in_data = (tag, attrs) == ("script", [("type", "application/ld+json")])
        if not self._in_data:
            self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.links += [value or "" for name, value in attrs if name in ("href", "src")]

    def handle_data(self, data: str) -> None:
        if self._in_data:
            self.data.append(json.loads(data))
        else:
            self.text += data

    def handle_endtag(self, tag: str) -> None:
        self._in_data = False


def document(text: str) -> dict[str, object]:
    entry = {"own": "own-1", "title": text, "summary": text}
    block = {"kind": "list", "title": text, "items": [text]}
    return {
        "schema": 1,
        "community": {"name": f"{MARK}{text}"[:80], "context": text},
        "values": [{"own": "own-1", "title": text, "meaning": text, "practice": text}],
        "decisions": [{**entry, "fields": {"applicable-scope": [text], "unknown-field": text}, "blocks": [block]}],
    }


def line(text: str) -> str:
    """What is left of it in a field of one line; never empty."""
    return " ".join(text.split())[:110] or "empty"


def test_every_kind_of_page(stage: Stage, config: Config) -> None:
    ada = stage.signed_in(ADA)
    for text in HOSTILE:
        answer = ada.simulate_post("/api/rules", json={"document": document(line(text))})
        assert answer.status_code == 200, f"{text!r}: {answer.text}"
        body = {"document": document(f"{line(text)[:100]} again"), "reason": line(text)}
        id = answer.json["rule"]["id"]
        assert ada.simulate_patch(f"/api/rules/{id}", json=body).status_code == 200
    with pages_worker(config) as worker:
        worker.work()
    tree = live_tree(config)
    own = [p for p in tree if p.startswith("rules/") and p.endswith(".html") and not p.startswith("rules/by/")]
    assert len(own) == 5 * len(HOSTILE) + 2
    for path in (*own, "index.html"):
        page = Page(tree[path].decode())
        assert page.tags <= TAGS, f"{path}: {page.tags - TAGS}"
        assert page.attributes <= ATTRIBUTES, f"{path}: {page.attributes - ATTRIBUTES}"
        assert not [
            link
            for link in page.links
            if not link.startswith(("/", "#", "http://localhost", "https://creat", "mailto:"))
        ]
        assert len(page.data) == bool(re.fullmatch(r"rules/[^/]+/index.html", path))
        assert "{{" not in page.text or "{{ 7*7 }}" in page.text
    feeds = [path for path in tree if path.endswith("/feed.xml")]
    assert len(feeds) == len(HOSTILE)
    for path in ("feed.xml", "sitemap.xml", "sitemap-1.xml", *feeds):
        ElementTree.fromstring(tree[path])
    titles = [element.text for element in ElementTree.fromstring(tree["feed.xml"]).iter(FEED_TITLE)]
    assert f"{MARK}&amp; &lt; &#60; &nbsp; again" in titles
    assert all(path.replace("-", "").replace("/", "").replace(".", "").isalnum() for path in tree)


@pytest.mark.parametrize("text", ["\u202eevil", "\u2066\u2069x"])
def test_direction_marks_stay_inside_their_element(stage: Stage, config: Config, text: str) -> None:
    ada = stage.signed_in(ADA)
    slug = ada.simulate_post("/api/rules", json={"document": document(text)}).json["rule"]["slug"]
    with pages_worker(config) as worker:
        worker.work()
    tree = live_tree(config)
    assert f'<a href="/rules/{slug}/"><bdi>' in tree["rules/index.html"].decode()
    assert '<h1 dir="auto">' in tree[f"rules/{slug}/index.html"].decode()
