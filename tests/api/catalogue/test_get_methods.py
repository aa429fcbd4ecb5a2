"""GET /api/create-flow/methods"""

from rulepages.catalogue import METHOD_SECTIONS
from rulepages.recommendations import decks_of, rank
from tests.support.cast import Stage
from tests.support.documents import catalogue
from tests.support.postgres import PostgresServer
from tests.support.seeding import seed

PATH = "/api/create-flow/methods"
CHOICE = "facet.types=mutual-aid&facet.size=six-to-twelve"


def test_before_the_first_seed_scores_are_0_and_after_it_some_are_not(stage: Stage) -> None:
    paths = {section: f"{PATH}?section={section}&{CHOICE}" for section in METHOD_SECTIONS}
    for section, path in paths.items():
        before = stage.client().simulate_get(path)
        assert [m["slug"] for m in before.json["methods"]] == [m.id for m in catalogue().methods_of(section)]
        assert {m["matches"]["score"] for m in before.json["methods"]} == {0}
        assert before.headers["cache-control"] == "no-store"  # or the scores would stay 0 in somebody's cache
    seed(stage)
    for section, path in paths.items():
        after = stage.client().simulate_get(path)
        expected = rank(decks_of(catalogue())[section], ["mutual-aid", "six-to-twelve"])
        found = [(m["slug"], m["matches"]["score"], m["matches"]["reason"]) for m in after.json["methods"]]
        assert found == [(r.id, r.score, r.reason) for r in expected]
        assert found[0][1] > 0
        assert after.headers["cache-control"] == "public, max-age=3600"


def test_a_methods_shape(stage: Stage) -> None:
    seed(stage)
    answer = stage.client().simulate_get(f"{PATH}?section=decisions").json
    assert answer.keys() == {"section", "methods"}
    assert answer["section"] == "decisions"
    for method, known in zip(answer["methods"], catalogue().methods_of("decisions"), strict=True):
        assert list(method) == ["slug", "label", "description", "sections"]
        assert (method["slug"], method["label"], method["description"]) == (known.id, known.title, known.summary)
        assert list(method["sections"].items()) == list(known.fields.items())


def test_a_ranked_method_says_what_it_matches(stage: Stage) -> None:
    seed(stage)
    best = stage.client().simulate_get(f"{PATH}?section=decisions&{CHOICE}").json["methods"][0]
    assert best["matches"]["matchedFacets"] == ["types:mutual-aid", "size:six-to-twelve"]
    assert best["matches"]["reason"] == "Fits mutual aid and 6 to 12 members"


def test_the_values(stage: Stage) -> None:
    seed(stage)
    answer = stage.client().simulate_get(f"{PATH}?section=values&{CHOICE}").json
    first = next(iter(catalogue().values.values()))
    assert len(answer["methods"]) == len(catalogue().values)
    plain = {"id": first.id, "label": first.title, "meaning": first.meaning, "signals": first.practice}
    assert answer["methods"][0] == plain


def test_former_spellings(stage: Stage) -> None:
    seed(stage)
    for former, ours in (
        ("section=decisionApproaches&facet.orgType=mutualAid", "section=decisions&facet.types=mutual-aid"),
        ("section=conflictManagement&facet.size=sixToTwelve", "section=conflict&facet.size=six-to-twelve"),
        ("section=coreValues", "section=values"),
    ):
        answers = [stage.client().simulate_get(f"{PATH}?{query}").text for query in (former, ours)]
        assert answers[0] == answers[1]


def test_a_section_that_is_none(stage: Stage) -> None:
    for query in (
        "",
        "section=",
        "section=nope",
        "section=Decisions",
        "section=values&section=conflict",
        "section=%00",
    ):
        answer = stage.client().simulate_get(PATH, query_string=query)
        assert (answer.status_code, answer.json["error"]["code"]) == (400, "validation_error"), query
        assert "section" in answer.json["details"]["fieldErrors"], query


def test_without_a_valid_choice_there_are_no_matches(stage: Stage) -> None:
    seed(stage)
    plain = stage.client().simulate_get(f"{PATH}?section=conflict").text
    assert '"matches"' not in plain
    assert stage.client().simulate_get(f"{PATH}?section=conflict&facet.size=dao&facet.x=y").text == plain


def test_while_the_database_is_away_they_come_unranked_and_are_not_kept(postgres: PostgresServer, stage: Stage) -> None:
    seed(stage)
    before = stage.client().simulate_get(f"{PATH}?section=communication").json
    postgres.stop()
    try:
        assert stage.client().simulate_get("/api/health").status_code == 503
        answer = stage.client().simulate_get(f"{PATH}?section=communication&{CHOICE}")
    finally:
        postgres.start()
    assert (answer.status_code, answer.json) == (200, before)
    assert answer.headers["cache-control"] == "no-store"
