"""GET /api/templates and /api/templates/<slug>; `python -m api seed`."""

from dataclasses import replace

from api.catalogue.actions import seed_catalogue
from api.database import connect
from tests.support.cast import Stage
from tests.support.documents import catalogue


def seed(stage: Stage, known: object = None) -> object:
    with connect(stage.parts.config.database_url) as connection:
        return seed_catalogue(connection=connection, catalogue=known or catalogue())  # type: ignore[arg-type]


def test_before_the_first_seed_there_are_none(stage: Stage) -> None:
    assert stage.client().simulate_get("/api/templates").content == b'{"templates":[]}'


def test_after_it_they_stand_in_order(stage: Stage) -> None:
    seed(stage)
    templates = stage.client().simulate_get("/api/templates").json["templates"]
    assert [t["slug"] for t in templates] == [t.id for t in catalogue().templates]
    assert templates[0].keys() == {
        *("id", "slug", "title", "category", "description", "body", "sortOrder", "featured"),
    }
    one = stage.client().simulate_get("/api/templates/consensus").json["template"]
    assert one == next(t for t in templates if t["slug"] == "consensus")
    assert one["body"]["decisions"][0]["fields"]


def test_one_that_does_not_exist(stage: Stage) -> None:
    for slug in ("nope", "a%00b", "%F0%9F%8C%88", "A"):
        answer = stage.client().simulate_get(f"/api/templates/{slug}")
        assert (answer.status_code, answer.json["error"]["code"]) == (404, "not_found")


def test_seeding_twice_changes_nothing_and_asks_for_no_release(stage: Stage) -> None:
    first, second = seed(stage), seed(stage)
    ids = [t.id for t in catalogue().templates]
    assert (first.added, first.left) == (ids, [])  # type: ignore[attr-defined]
    assert (second.added, second.changed, second.removed, second.left) == ([], [], [], ids)  # type: ignore[attr-defined]
    assert stage.rows("SELECT count(*) FROM job WHERE kind = 'release'") == [(1,)]


def test_a_changed_and_a_removed_template_are_told(stage: Stage) -> None:
    seed(stage)
    known = catalogue()
    changed = replace(known.templates[0], summary="Another summary.")
    report = seed(stage, replace(known, templates=(changed, *known.templates[1:-1])))
    assert report.changed == [changed.id]  # type: ignore[attr-defined]
    assert report.removed == [known.templates[-1].id]  # type: ignore[attr-defined]
    assert len(stage.client().simulate_get("/api/templates").json["templates"]) == len(known.templates) - 1
