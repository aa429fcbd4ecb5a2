"""An author signs in by mail, publishes through the plain form, and a reader in another browser reads it at once."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.running_site import RunningSite


@pytest.fixture
def email(javascript: bool) -> str:
    return f"journey-{'with' if javascript else 'without'}-javascript@example.org"


@pytest.fixture
def author(browser: Browser, shared_site: RunningSite, javascript: bool) -> Iterator[Page]:
    context = browser.new_context(base_url=shared_site.origin, java_script_enabled=javascript)
    yield context.new_page()
    context.close()


@pytest.fixture
def reader(browser: Browser, shared_site: RunningSite) -> Iterator[Page]:
    """Somebody else, signed out."""
    context = browser.new_context(base_url=shared_site.origin)
    yield context.new_page()
    context.close()


def open_link(site: RunningSite, page: Page, email: str, already: int) -> None:
    """Open the mailed link and press its button, as the person would."""
    page.goto(site.wait_for_link(email, already))
    expect(page.get_by_role("main")).to_contain_text(email)
    page.get_by_role("button", name="Sign in").click()


@pytest.mark.parametrize("javascript", [False, True], ids=["without JavaScript", "with JavaScript"])
def test_from_the_form_to_the_reader_and_back(shared_site: RunningSite, author: Page, reader: Page, email: str) -> None:
    # Write, signed out: the draft is kept, and a link to it is sent.
    already = len(shared_site.mails())
    author.goto("/")
    author.get_by_role("banner").get_by_role("link", name="Write a rule").click()
    author.get_by_label("Name of your community").fill("Harbor Kitchen & <b>Friends</b>")
    author.get_by_label("What is it for, in a sentence or two?").fill("We cook for whoever is hungry.")
    author.get_by_label("Consensus", exact=False).first.check()
    author.get_by_label("Your email").fill(email)
    author.get_by_role("button", name="Continue").click()
    expect(author.get_by_role("heading", level=1)).to_have_text("Your draft is kept. Look at your inbox")

    # The link leads back to it; one press publishes, and the answer is the rule's page.
    open_link(shared_site, author, email, already)
    expect(author.get_by_label("Name of your community")).to_have_value("Harbor Kitchen & <b>Friends</b>")
    author.get_by_role("button", name="Publish this rule").click()
    expect(author.get_by_role("heading", level=1)).to_have_text("Harbor Kitchen & <b>Friends</b>")
    address = author.url
    assert "/rules/harbor-kitchen-b-friends-b-" in address

    # A reader finds it at its address, in the library and on the home page.
    for path in (address, "/rules/", "/"):
        assert reader.goto(path).status == 200  # type: ignore[union-attr]
        expect(reader.get_by_text("Harbor Kitchen & <b>Friends</b>", exact=True).first).to_be_visible()

    # Revise, with a reason.
    author.goto("/profile/")
    author.get_by_role("link", name="Open your rules").click()
    author.get_by_role("link", name="Revise Harbor Kitchen").click()
    author.get_by_label("What is it for, in a sentence or two?").fill("We cook on Thursdays too.")
    author.get_by_label("What changed, and why?").fill("More people came.")
    author.get_by_role("button", name="Publish the new version").click()
    assert author.url == address
    reader.goto(address)
    expect(reader.get_by_text("We cook on Thursdays too.")).to_be_visible()
    expect(reader.get_by_text("More people came.")).to_be_visible()
    reader.get_by_role("link", name="History").click()
    reader.get_by_role("link", name="Version 1").click()
    expect(reader.get_by_text("We cook for whoever is hungry.")).to_be_visible()
    expect(reader.get_by_text("The current text is at")).to_be_visible()
    first_version = reader.url

    # Unpublish: gone at once, with every version. Publish again: back, at the same address.
    author.goto("/api/profile")
    author.get_by_role("link", name="Who can read it Harbor Kitchen").click()
    author.get_by_role("button", name="Unpublish").click()
    for path in (address, first_version):
        assert reader.goto(path).status == 410  # type: ignore[union-attr]
    reader.goto("/rules/")
    expect(reader.get_by_text("Harbor Kitchen")).to_have_count(0)
    author.get_by_role("button", name="Publish again").click()
    for path in (address, first_version):
        assert reader.goto(path).status == 200  # type: ignore[union-attr]

    # Unlisted: at its address, and in no list. One version is withdrawn; its facts stay in the history.
    author.get_by_role("button", name="Take it out of all lists").click()
    assert reader.goto(address).status == 200  # type: ignore[union-attr]
    reader.goto("/rules/")
    expect(reader.get_by_text("Harbor Kitchen")).to_have_count(0)
    author.get_by_role("button", name="Withdraw version 1").click()
    assert reader.goto(first_version).status == 410  # type: ignore[union-attr]
    author.get_by_role("button", name="Show it in the library").click()

    # Somebody adapts it: the form begins with its text.
    reader.goto(address)
    reader.get_by_role("link", name="Adapt this rule").click()
    expect(reader.get_by_role("heading", level=1)).to_have_text("Adapt a rule")
    expect(reader.get_by_label("Name of your community")).to_have_value("")

    # Delete it, and sign out.
    author.get_by_label("Yes, delete the rule and all its versions").check()
    author.get_by_role("button", name="Delete this rule").click()
    assert reader.goto(address).status == 410  # type: ignore[union-attr]
    author.get_by_role("button", name="Sign out").click()
    author.goto("/api/profile")
    expect(author.get_by_role("heading", level=1)).to_have_text("Sign in")


@pytest.mark.parametrize("javascript", [False], ids=["without JavaScript"])
def test_a_rejected_form_keeps_the_words(shared_site: RunningSite, author: Page) -> None:
    author.goto("/create/plain/")
    author.get_by_label("Name of your community").fill("Garden")
    author.get_by_text("Decisions", exact=False).first.click()
    author.locator("[name='decisions.0.summary']").fill("We vote by shovel.\n\n“Always”, said <Ada>.")
    author.get_by_role("button", name="Continue").click()
    expect(author.get_by_role("alert")).to_contain_text("Nothing that you typed is lost")
    expect(author.locator("[name='decisions.0.summary']")).to_have_value("We vote by shovel.\n\n“Always”, said <Ada>.")
    expect(author.get_by_label("Name of your community")).to_have_value("Garden")


@pytest.mark.parametrize("javascript", [False], ids=["without JavaScript"])
def test_a_used_link_says_so_kindly(shared_site: RunningSite, author: Page, email: str) -> None:
    already = len(shared_site.mails())
    author.goto("/sign-in/")
    author.get_by_label("Your email").fill(email)
    author.get_by_role("button", name="Send me a link").click()
    link = shared_site.wait_for_link(email, already)
    open_link(shared_site, author, email, already)
    expect(author.get_by_role("heading", level=1)).to_have_text("Your rules")
    author.goto(link)
    expect(author.get_by_role("heading", level=1)).to_have_text("This link no longer works")
    author.get_by_role("link", name="Ask for a new link").click()
    expect(author.get_by_role("heading", level=1)).to_have_text("Sign in")
