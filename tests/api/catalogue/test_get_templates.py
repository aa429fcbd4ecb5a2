"""GET /api/templates"""

from rulepages.recommendations import decks_of, rank
from tests.support.cast import Stage
from tests.support.documents import catalogue
from tests.support.postgres import PostgresServer
from tests.support.seeding import seed

IDS = [template.id for template in catalogue().templates]
CHOICE = "facet.types=mutual-aid&facet.size=six-to-twelve"


def test_before_the_first_seed_all_are_there_and_no_score_is_above_0(stage: Stage) -> None:
    plain = stage.client().simulate_get("/api/templates").json
    assert [t["slug"] for t in plain["templates"]] == IDS
    ranked = stage.client().simulate_get(f"/api/templates?{CHOICE}").json
    assert ranked["templates"] == plain["templates"]
    assert list(ranked["scores"]) == IDS
    assert {score["score"] for score in ranked["scores"].values()} == {0}


def test_after_it_they_stand_in_order(stage: Stage) -> None:
    before = stage.client().simulate_get("/api/templates").json
    seed(stage)
    answer = stage.client().simulate_get("/api/templates")
    assert answer.json == before
    assert answer.json.keys() == {"templates"}
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["access-control-allow-origin"] == "*"
    first = answer.json["templates"][0]
    assert list(first) == ["id", "slug", "title", "category", "description", "body", "sortOrder", "featured"]
    featured = [t["slug"] for t in answer.json["templates"] if t["featured"]]
    assert featured == [t.id for t in catalogue().templates if t.home]


def test_a_choice_ranks_them_with_reasons(stage: Stage) -> None:
    seed(stage)
    answer = stage.client().simulate_get(f"/api/templates?{CHOICE}").json
    expected = rank(decks_of(catalogue())["templates"], ["mutual-aid", "six-to-twelve"])
    assert [t["slug"] for t in answer["templates"]] == list(answer["scores"]) == [r.id for r in expected]
    assert [score["score"] for score in answer["scores"].values()] == [r.score for r in expected]
    best, worst = answer["scores"][expected[0].id], answer["scores"][expected[-1].id]
    assert best["matchedFacets"] == ["types:mutual-aid", "size:six-to-twelve"]
    assert best["reason"] == "Fits mutual aid and 6 to 12 members"
    assert worst == {"score": 0, "matchedFacets": [], "reason": ""}


def test_several_values_doubles_and_former_spellings(stage: Stage) -> None:
    seed(stage)
    client = stage.client()
    ours = client.simulate_get("/api/templates?facet.types=dao&facet.types=mutual-aid&facet.size=six-to-twelve").text
    again = "facet.size=six-to-twelve&facet.types=mutual-aid&facet.types=dao&facet.types=dao"
    former = "facet.orgType=mutualAid&facet.orgType=dao&facet.size=sixToTwelve"
    for query in (again, former):
        assert client.simulate_get(f"/api/templates?{query}").text == ours
    assert ours != client.simulate_get("/api/templates?facet.types=mutual-aid&facet.size=six-to-twelve").text


def test_what_no_facet_has_is_dropped(stage: Stage) -> None:
    seed(stage)
    plain = stage.client().simulate_get("/api/templates").text
    for query in (
        *("facet.size=", "facet.size=dao", "facet.nope=dao", "facet.=x", "size=six-to-twelve", "facet.size=SIX"),
        *("facet.size=%00", "facet.size=%FF", "facet.types=DAO", "facet.size=" + "x" * 5000, "&=&&facet.size"),
    ):
        answer = stage.client().simulate_get("/api/templates", query_string=query)
        assert (answer.status_code, answer.text) == (200, plain), query
    mixed = stage.client().simulate_get(f"/api/templates?facet.size=nope&{CHOICE}").text
    assert mixed == stage.client().simulate_get(f"/api/templates?{CHOICE}").text


def test_a_database_that_is_away(postgres: PostgresServer, stage: Stage) -> None:
    seed(stage)
    postgres.stop()
    try:
        answer = stage.client().simulate_get("/api/templates")
    finally:
        postgres.start()
    assert (answer.status_code, answer.json["error"]["code"]) == (503, "db_unavailable")
    assert answer.headers["retry-after"]
