"""Readers need nothing but the files: every page opens while the API, the workers and the database are stopped."""

import os
import re
import signal

from playwright.sync_api import Browser, expect

from tests.support.documents import full_document, small_document
from tests.support.running_site import RunningSite, wait_until


def test_every_page_opens_with_everything_else_stopped(fresh_site: RunningSite, browser: Browser) -> None:
    fresh_site.environment["PUBLIC_ORIGIN"] = fresh_site.origin  # so that the sitemap lists the pages
    fresh_site.start()
    author = fresh_site.author("ada@example.org")
    rule = fresh_site.publish(author, full_document("Everything stopped"))
    wait_until(lambda: rule["slug"] in fresh_site.read("/sitemap-1.xml").text)  # it follows within a second
    stopped = [pid for name, pid in fresh_site.processes().items() if name != "web"]
    assert len(stopped) == 4
    for pid in stopped:
        os.kill(pid, signal.SIGSTOP)
    try:
        index = fresh_site.read("/sitemap.xml").text
        shards = [address.removeprefix(fresh_site.origin) for address in re.findall(r"<loc>(.*?)</loc>", index)]
        pages = [
            address.removeprefix(fresh_site.origin)
            for shard in shards
            for address in re.findall(r"<loc>(.*?)</loc>", fresh_site.read(shard).text)
        ]
        assert len(pages) > 20
        assert f"/rules/{rule['slug']}/" in pages
        for path in pages:
            assert fresh_site.read(path).status == 200, path
        page = browser.new_page()
        page.goto(f"{fresh_site.origin}/rules/{rule['slug']}/")
        expect(page.get_by_role("heading", level=1)).to_have_text("Everything stopped")
        page.close()
    finally:
        for pid in stopped:
            os.kill(pid, signal.SIGCONT)


def test_a_stopped_pages_worker_makes_publishes_pending_not_wrong(fresh_site: RunningSite) -> None:
    fresh_site.start()
    author = fresh_site.author("ada@example.org")
    worker = fresh_site.processes()["pages"]
    os.kill(worker, signal.SIGSTOP)
    try:
        answer = author.send("POST", "/api/rules", {"document": small_document("Waits")})
        assert (answer.status, answer.json["state"]) == (200, "pending")
        assert fresh_site.read("/api/health").status == 200
    finally:
        os.kill(worker, signal.SIGCONT)
    wait_until(lambda: fresh_site.read(f"/rules/{answer.json['rule']['slug']}/").status == 200)
