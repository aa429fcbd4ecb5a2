"""Chromium takes a rule's JSON-LD for data: it runs nothing, and the site's policy has no complaint."""

import json

from playwright.sync_api import Browser

from api.launcher.serving_table import every_answer
from rulepages.structured_data import structured_data
from tests.support.documents import small_document
from tests.support.rule_documents import STATED

WATCH = "window.reports = []; addEventListener('securitypolicyviolation', e => reports.push(e.effectiveDirective))"
HOSTILE = "</script><script>document.title = 'run'</script><!--<script>\u2028& é"


def open_with(browser: Browser, script: str) -> tuple[list[str], str, str]:
    """What the policy reported; the page's title; the text of its first script."""
    page = browser.new_page()
    html = f"<!doctype html><title>still</title>{script}<p>Text</p>"
    headers = {"Content-Type": "text/html; charset=utf-8", **dict(every_answer(https=False))}
    page.route("https://rules.example.org/", lambda route: route.fulfill(body=html, headers=headers))
    page.add_init_script(WATCH)
    page.goto("https://rules.example.org/")
    found = page.evaluate("[reports, document.title, document.scripts[0].textContent, document.scripts.length]")
    page.close()
    assert found.pop() == 1
    return found[0], found[1], found[2]


def test_a_data_block_is_neither_run_nor_reported(browser: Browser) -> None:
    document = small_document(community={"name": HOSTILE, "context": HOSTILE})
    script = f'<script type="application/ld+json">{structured_data(document, STATED)}</script>'
    reports, title, text = open_with(browser, script)
    assert (reports, title) == ([], "still")
    assert json.loads(text)["name"] == HOSTILE


def test_the_policy_does_report_a_script(browser: Browser) -> None:
    reports, title, _ = open_with(browser, "<script>document.title = 'run'</script>")
    assert (reports, title) == (["script-src-elem"], "still")
