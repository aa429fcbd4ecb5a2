"""Every link, image and asset that a page of this site names is there, and every fragment has its target."""

from html.parser import HTMLParser
from urllib.parse import urldefrag, urljoin

from tests.support.documents import full_document
from tests.support.running_site import RunningSite


class Links(HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.ids: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.links += [value for name in ("href", "src", "action") if (value := found.get(name)) is not None]
        if id := found.get("id"):
            self.ids.append(id)


def test_no_link_leads_nowhere(shared_site: RunningSite) -> None:
    rule = shared_site.publish(shared_site.author("links@example.org"), full_document("Linked"))
    waiting, seen, broken = ["/", f"/rules/{rule['slug']}/", "/404.html"], dict[str, Links | None](), []
    while waiting:
        address = waiting.pop()
        if address in seen:
            continue
        answer = shared_site.read(address)
        is_page = answer.headers["content-type"].startswith("text/html")
        seen[address] = Links(answer.text) if is_page else None
        if answer.status not in (200, 303) and address != "/404.html":
            broken.append(f"{address}: {answer.status}")
        if not is_page or address.startswith("/api/"):
            continue
        page = seen[address]
        assert page is not None
        assert len(page.ids) == len(set(page.ids)), f"{address} has an id twice"
        for link in page.links:
            target, fragment = urldefrag(urljoin(f"{shared_site.origin}{address}", link))
            if not target.startswith(shared_site.origin):
                continue
            if target == f"{shared_site.origin}{address}" and fragment and fragment not in page.ids:
                broken.append(f"{address}: no #{fragment}")
            path = target.removeprefix(shared_site.origin)
            if not path.startswith(("/api/auth/", "/api/create/plain", "/api/rules/")) or "?" in path:
                waiting.append(path)
    assert broken == []
    assert len(seen) > 40
