"""“Which fits you?” in a browser: with JavaScript in the page, without it by the API, and both say what Python says."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from rulepages.fitting import fitting
from rulepages.recommendations import decks_of, rank
from tests.support.documents import catalogue
from tests.support.facets import several_choices
from tests.support.running_site import RunningSite

PATHS = {"templates": "/templates/", "decisions": "/methods/decisions/", "membership": "/methods/membership/"}
DECKS = decks_of(catalogue())
TITLES = {value.id: (facet.title, value.title) for facet in catalogue().facets for value in facet.values}
CHOICES = [
    ("mutual-aid",),
    ("mutual-aid", "six-to-twelve"),
    ("dao", "one-hundred-to-one-hundred-k", "global", "growth-stage"),
    ("national",),
    *(tuple(dict.fromkeys(choice)) for choice in several_choices(6, seed=11)),
]
FEW = CHOICES[1:5]


@pytest.fixture
def page(browser: Browser, shared_site: RunningSite) -> Iterator[Page]:
    yield from opened(browser, shared_site, scripts=True)


@pytest.fixture
def plain_page(browser: Browser, shared_site: RunningSite) -> Iterator[Page]:
    yield from opened(browser, shared_site, scripts=False)


def opened(browser: Browser, site: RunningSite, *, scripts: bool) -> Iterator[Page]:
    context = browser.new_context(
        base_url=site.origin, viewport={"width": 390, "height": 900}, java_script_enabled=scripts
    )
    yield context.new_page()
    context.close()


def open_form(page: Page) -> None:
    page.locator("summary", has_text="Which fits you?").click()


def choose(page: Page, value: str) -> None:
    facet, title = TITLES[value]
    page.get_by_role("group", name=facet).get_by_label(title, exact=True).check()


def shown(page: Page) -> list[tuple[str, str]]:
    """Each card's id and reason, in order."""
    found = []
    for card in page.locator(".cards > li").all():
        reason = card.locator(".fits")
        found.append((card.get_attribute("data-id") or "", reason.inner_text() if reason.count() else ""))
    return found


def expected(name: str, chosen: tuple[str, ...]) -> list[tuple[str, str]]:
    return [(card.id, card.reason) for card in rank(DECKS[name], chosen)]


@pytest.mark.parametrize("name", PATHS)
def test_the_page_ranks_by_itself_and_asks_nobody(page: Page, name: str) -> None:
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(PATHS[name], wait_until="networkidle")
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    usual = shown(page)
    assert usual == expected(name, ())
    open_form(page)
    for chosen in CHOICES:
        for value in chosen:
            choose(page, value)
        assert shown(page) == expected(name, chosen), chosen
        assert page.get_by_role("status").inner_text() == fitting(catalogue(), name, chosen).said
        page.get_by_role("button", name="Start over").click()
        expect(page.get_by_role("status")).to_have_text(fitting(catalogue(), name, ()).said)
        assert shown(page) == usual
    assert requests == []
    assert complaints == []
    assert page.evaluate("[localStorage.length, sessionStorage.length, document.cookie, history.length]") == [
        0,
        0,
        "",
        2,
    ]


@pytest.mark.parametrize("name", PATHS)
def test_without_javascript_the_api_says_the_same(plain_page: Page, name: str) -> None:
    for chosen in FEW:
        plain_page.goto(PATHS[name])
        open_form(plain_page)
        for value in chosen:
            choose(plain_page, value)
        plain_page.get_by_role("button", name="Show what fits").click()
        assert plain_page.url.endswith("#fits")
        assert shown(plain_page) == expected(name, chosen), chosen
        assert plain_page.get_by_role("status").inner_text() == fitting(catalogue(), name, chosen).said
        plain_page.get_by_role("link", name="Start over").click()
        assert plain_page.url.endswith(PATHS[name])


def test_with_the_keyboard_alone(page: Page) -> None:
    """Choosing keeps the focus where it is; asking to be shown leads it to the answer."""
    page.goto(PATHS["decisions"])
    page.locator("summary").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    first = catalogue().facets[0].values[0]
    assert shown(page) == expected("decisions", (first.id,))
    assert page.evaluate("document.activeElement.value") == first.id
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "fits"
    expect(page.get_by_role("status")).to_be_in_viewport()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('li').dataset.id") == expected("decisions", (first.id,))[0][0]
    page.evaluate("dispatchEvent(new Event('pageshow'))")  # a browser that kept the page brings it back like this
    assert page.evaluate("document.activeElement.closest('li')?.dataset.id") == shown(page)[0][0]


def test_back_brings_the_answer_back(page: Page) -> None:
    page.goto("/")
    page.goto(PATHS["decisions"])
    open_form(page)
    for value in ("mutual-aid", "six-to-twelve"):
        choose(page, value)
    page.locator(".cards a").first.click()
    page.wait_for_url(f"**/methods/decisions/{expected('decisions', ('mutual-aid', 'six-to-twelve'))[0][0]}/")
    page.go_back()
    expect(page.get_by_label("Mutual aid")).to_be_checked()
    expect(page.get_by_label("Mutual aid")).to_be_visible()
    assert shown(page) == expected("decisions", ("mutual-aid", "six-to-twelve"))
    page.go_back()
    assert page.url.count("/") == 3  # choosing made no entries of its own


def test_an_answer_of_the_api_goes_on_with_javascript(page: Page) -> None:
    page.goto("/api/templates/fit?facet.types=mutual-aid")
    assert shown(page) == expected("templates", ("mutual-aid",))
    choose(page, "six-to-twelve")
    assert shown(page) == expected("templates", ("mutual-aid", "six-to-twelve"))
