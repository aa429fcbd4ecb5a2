"""GET /api/templates/fit and /api/methods/{section}/fit: “Which fits you?” where there is no JavaScript."""

import re
from html import unescape

import pytest

from rulepages.catalogue import METHOD_SECTIONS
from rulepages.recommendations import decks_of, rank
from tests.support.cast import Stage
from tests.support.documents import catalogue
from tests.support.postgres import PostgresServer

QUERY = "facet.types=mutual-aid&facet.size=six-to-twelve"
CHOSEN = ("mutual-aid", "six-to-twelve")
DOORS = {"templates": "/api/templates/fit"} | {section: f"/api/methods/{section}/fit" for section in METHOD_SECTIONS}
DECKS = decks_of(catalogue())


def cards(html: str) -> list[tuple[str, str]]:
    """Each card's id and reason, in order."""
    items = re.findall(r'<li class="card" data-id="([a-z-]+)">(.*?)</li>', html, re.DOTALL)
    return [(id, "".join(re.findall(r'<p class="fits">(.*?)</p>', unescape(card)))) for id, card in items]


def said(html: str) -> str:
    found = re.search(r'<p class="fit-said"[^>]*>(.*?)</p>', html)
    assert found
    return unescape(found[1])


@pytest.mark.parametrize("name", DOORS)
def test_the_order_and_the_reasons(stage: Stage, name: str) -> None:
    """Without an account, and before anything was seeded: it stands for a page that is made from the files."""
    answer = stage.client().simulate_get(f"{DOORS[name]}?{QUERY}")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    expected = [(card.id, card.reason) for card in rank(DECKS[name], CHOSEN)]
    assert cards(answer.text) == expected
    assert expected[0][1] == "Fits mutual aid and 6 to 12 members"
    assert expected != [(card.id, card.reason) for card in rank(DECKS[name], ())]
    assert said(answer.text).startswith("The best fit comes first: ")


def test_the_form_comes_back_as_it_was_filled_in(stage: Stage) -> None:
    html = stage.client().simulate_get(f"{DOORS['decisions']}?{QUERY}").text
    assert re.findall(r'name="facet\.([a-z]+)" value="([a-z-]+)" checked', html) == [
        ("types", "mutual-aid"),
        ("size", "six-to-twelve"),
    ]
    assert len(re.findall(r'type="checkbox"', html)) == sum(len(facet.values) for facet in catalogue().facets)
    assert re.search(r'<details class="group fit" open>\n<summary>', html)
    assert 'action="/api/methods/decisions/fit#fits"' in html
    assert '<a class="button quiet" href="/methods/decisions/">' in html
    assert '<meta name="robots" content="noindex">' in html


def test_it_can_be_kept(stage: Stage) -> None:
    client = stage.client()
    answer = client.simulate_get(f"{DOORS['templates']}?{QUERY}")
    assert answer.headers["cache-control"] == "public, max-age=3600"
    tag = answer.headers["etag"]
    again = client.simulate_get(f"{DOORS['templates']}?{QUERY}", headers={"If-None-Match": tag})
    assert (again.status_code, again.text) == (304, "")
    other = client.simulate_get(f"{DOORS['templates']}?facet.types=dao", headers={"If-None-Match": tag})
    assert (other.status_code, other.headers["etag"] != tag) == (200, True)


def test_nothing_chosen_and_what_no_facet_has(stage: Stage) -> None:
    client = stage.client()
    plain = client.simulate_get(DOORS["templates"]).text
    assert said(plain) == "Nothing is chosen, so all stand in their usual order."
    assert cards(plain) == [(template.id, "") for template in catalogue().templates]
    for query in (
        *("facet.size=", "facet.size=dao", "facet.nope=dao", "facet.=x", "size=six-to-twelve", "facet.size=%00"),
        *("facet.size=%FF", "facet.types=%3Cscript%3E", "facet.size=" + "x" * 5000, "&=&&facet.size"),
    ):
        answer = client.simulate_get(DOORS["templates"], query_string=query)
        assert (answer.status_code, answer.text) == (200, plain), query
    mixed = client.simulate_get(f"{DOORS['templates']}?facet.size=nope&{QUERY}").text
    assert mixed == client.simulate_get(f"{DOORS['templates']}?{QUERY}").text


def test_former_spellings(stage: Stage) -> None:
    former = stage.client().simulate_get(f"{DOORS['templates']}?facet.orgType=mutualAid&facet.size=sixToTwelve")
    assert former.text == stage.client().simulate_get(f"{DOORS['templates']}?{QUERY}").text


def test_what_all_templates_fit_tells_nothing(stage: Stage) -> None:
    html = stage.client().simulate_get(f"{DOORS['templates']}?facet.scale=national").text
    assert said(html) == "That alone does not tell them apart. Please choose one thing more."
    assert {reason for _, reason in cards(html)} == {""}


@pytest.mark.parametrize("section", ["values", "templates", "nope", "decisionApproaches", "a%00b"])
def test_no_such_section(stage: Stage, section: str) -> None:
    answer = stage.client().simulate_get(f"/api/methods/{section}/fit")
    assert (answer.status_code, answer.json["error"]["code"]) == (404, "not_found")


def test_a_database_that_is_away_is_not_missed(postgres: PostgresServer, stage: Stage) -> None:
    postgres.stop()
    try:
        away = stage.client().simulate_get("/api/templates").status_code
        answer = stage.client().simulate_get(f"{DOORS['conflict']}?{QUERY}")
    finally:
        postgres.start()
    assert (away, answer.status_code) == (503, 200)
    assert cards(answer.text) == [(card.id, card.reason) for card in rank(DECKS["conflict"], CHOSEN)]
