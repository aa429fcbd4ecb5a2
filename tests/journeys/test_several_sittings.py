"""An author writes in several sittings, with JavaScript off; and presses buttons twice."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, Page, expect

from api.config import read_config
from api.database import connect
from api.launcher.launcher import running_database_url
from tests.support.running_site import RunningSite, wait_until

NAME = "Name of your community"


@pytest.fixture(params=[False, True], ids=["without JavaScript", "with JavaScript"])
def author(request: pytest.FixtureRequest, browser: Browser, shared_site: RunningSite) -> Iterator[Page]:
    """Signed in."""
    client = shared_site.author(f"drafts-{str(request.param).lower()}@example.org")
    context = browser.new_context(base_url=shared_site.origin, java_script_enabled=request.param)
    for name, value in client.cookies.items():
        context.add_cookies([{"name": name, "value": value, "url": shared_site.origin}])
    yield context.new_page()
    context.close()


def test_write_save_come_back_and_publish(author: Page) -> None:
    # The prebuilt page, without even a name: kept as it is.
    author.goto("/create/plain/")
    author.get_by_text("Decisions", exact=False).first.click()
    author.locator("[name='decisions.0.summary']").fill("We decide at the stove.\n\nNot by ma")
    author.get_by_role("button", name="Save as draft").click()
    expect(author.get_by_role("heading", name="Saved")).to_be_visible()
    expect(author.get_by_role("status")).to_contain_text("Your community has no name yet.")
    expect(author.locator("[name='decisions.0.summary']")).to_have_value("We decide at the stove.\n\nNot by ma")

    # Another sitting: it is in the list, and goes on.
    author.goto("/api/profile")
    expect(author.get_by_role("main")).to_contain_text("1 thing is missing")
    author.get_by_role("link", name="Go on writing Without a name yet").click()
    author.get_by_label(NAME).fill("Stove & Friends")
    author.locator("[name='decisions.0.summary']").fill("We decide by mail.")
    author.get_by_role("button", name="Save as draft").click()
    expect(author.get_by_role("status")).to_contain_text("Nothing is missing")

    # The earlier text was better: read it, restore it.
    author.get_by_role("link", name="Earlier texts of this draft").click()
    author.get_by_role("link", name="Read text 1").click()
    expect(author.locator("[name='decisions.0.summary']")).to_have_value("We decide at the stove.\n\nNot by ma")
    author.go_back()
    author.get_by_role("button", name="Restore text 1").click()
    expect(author.locator("[name='decisions.0.summary']")).to_have_value("We decide at the stove.\n\nNot by ma")
    author.get_by_label(NAME).fill("Stove & Friends")

    # Publish: the draft is gone with it.
    author.get_by_role("button", name="Publish this rule").click()
    expect(author.get_by_role("heading", level=1)).to_have_text("Stove & Friends")
    expect(author.get_by_text("We decide at the stove.")).to_be_visible()
    author.goto("/api/profile")
    expect(author.get_by_role("main")).to_contain_text("No drafts are waiting.")
    author.get_by_role("link", name="Who can read it").click()
    author.get_by_label("Yes, delete the rule").check()
    author.get_by_role("button", name="Delete this rule").click()


def test_two_tabs_keep_both_texts(author: Page) -> None:
    author.goto("/api/create/plain")
    author.get_by_label(NAME).fill("First tab")
    author.get_by_role("button", name="Save as draft").click()
    other = author.context.new_page()
    other.goto(author.url)
    other.get_by_label(NAME).fill("Second tab")
    other.get_by_role("button", name="Save as draft").click()
    expect(other.get_by_role("heading", name="Saved")).to_be_visible()
    author.get_by_label(NAME).fill("First tab, later")
    author.get_by_role("button", name="Save as draft").click()
    expect(author.get_by_role("alert")).to_contain_text("Both texts are kept")
    expect(author.get_by_label(NAME)).to_have_value("First tab, later")
    author.get_by_role("button", name="Save as draft").click()
    author.get_by_role("link", name="Earlier texts of this draft").click()
    for name in ("First tab, later", "Second tab", "First tab"):
        expect(author.get_by_role("list").get_by_text(name, exact=True).first).to_be_visible()

    # Delete it, with the tick that says so.
    author.goto("/api/profile")
    author.get_by_text("Delete the draft First tab, later").click()
    author.get_by_role("button", name="Delete this draft").click()
    expect(author.get_by_role("link", name="Go on writing First tab, later")).to_be_visible()  # not without the tick
    author.get_by_label("Yes, delete this draft").check()
    author.get_by_role("button", name="Delete this draft").click()
    expect(author.get_by_role("main")).to_contain_text("No drafts are waiting.")


@pytest.mark.parametrize("path", ["/create/plain/", "/api/create/plain"])
def test_a_double_click_publishes_once(shared_site: RunningSite, author: Page, path: str) -> None:
    name = f"Clicked twice {path.count('api')}"
    author.goto(path)
    author.get_by_label(NAME).fill(name)
    author.get_by_label("Consensus", exact=False).first.check()
    button = author.get_by_role("button", name="Continue").or_(author.get_by_role("button", name="Publish this rule"))
    button.scroll_into_view_if_needed()
    box = button.bounding_box()
    assert box is not None
    with publishing_held_up(shared_site) as waiting:
        for clicks in (1, 2):
            author.mouse.click(box["x"] + 5, box["y"] + 5)  # unlike the button's click, it waits for no page
            wait_until(lambda clicks=clicks: waiting() == clicks, 1.4)  # the fault: both have arrived
    expect(author.get_by_role("heading", level=1)).to_have_text(name)
    author.goto("/api/profile")
    expect(author.get_by_role("link", name=name, exact=True)).to_have_count(1)
    author.get_by_role("link", name="Who can read it").click()
    author.get_by_label("Yes, delete the rule").check()
    author.get_by_role("button", name="Delete this rule").click()


@contextmanager
def publishing_held_up(site: RunningSite) -> Iterator[Callable[[], int]]:
    """Hold what every publish needs first; tells how many requests wait for it."""
    url = running_database_url(read_config(site.environment))
    with connect(url) as holder, connect(url) as watcher:

        def waiting() -> int:
            (row,) = watcher.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%publish_key%'"
            ).fetchall()
            return int(row[0])

        with holder.transaction():
            holder.execute("LOCK TABLE publish_key IN ACCESS EXCLUSIVE MODE")
            yield waiting
