"""GET /api/templates/<slug>"""

from rulepages.catalogue import METHOD_SECTIONS
from tests.support.cast import Stage
from tests.support.documents import catalogue
from tests.support.seeding import seed


def test_one_with_its_methods(stage: Stage) -> None:
    unseeded = stage.client().simulate_get("/api/templates/consensus")
    assert unseeded.headers["cache-control"] == "no-store"
    seed(stage)
    answer = stage.client().simulate_get("/api/templates/consensus")
    assert answer.json == unseeded.json
    assert answer.json.keys() == {"template", "methods"}
    listed = stage.client().simulate_get("/api/templates").json["templates"]
    assert answer.json["template"] == next(t for t in listed if t["slug"] == "consensus")
    composition = catalogue().templates[1].composition
    assert answer.json["methods"] == [
        {"section": section, "slug": choice.id} for section in METHOD_SECTIONS for choice in composition[section]
    ]
    method = answer.json["template"]["body"]["decisions"][0]
    assert list(method["fields"]) == list(catalogue().methods["decisions", method["id"]].fields)  # in their order


def test_it_may_be_kept_and_asked_for_again(stage: Stage) -> None:
    seed(stage)
    answer = stage.client().simulate_get("/api/templates/consensus")
    assert answer.headers["cache-control"] == "public, max-age=3600"
    tag = answer.headers["etag"]
    same = stage.client().simulate_get("/api/templates/consensus", headers={"If-None-Match": tag})
    assert (same.status_code, same.content, same.headers["etag"]) == (304, b"", tag)
    other = stage.client().simulate_get("/api/templates/petition", headers={"If-None-Match": tag})
    assert other.status_code == 200


def test_one_that_does_not_exist(stage: Stage) -> None:
    for seeded in (False, True):
        if seeded:
            seed(stage)
        for slug in ("nope", "a%00b", "%F0%9F%8C%88", "A", "signal"):
            answer = stage.client().simulate_get(f"/api/templates/{slug}")
            assert (answer.status_code, answer.json["error"]["code"]) == (404, "not_found")
