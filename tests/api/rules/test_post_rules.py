"""POST and GET /api/rules."""

import json
from typing import Any

import pytest

from api.document.canonical_json import canonical_json, sha256_of
from tests.support.cast import ADA, ROB, Stage
from tests.support.documents import full_document, small_document

MINIMUM = {"id", "slug", "url", "title", "version", "sha256", "state"}


def test_it_publishes(stage: Stage) -> None:
    answer = stage.signed_in(ADA).simulate_post("/api/rules", json={"document": small_document()})
    assert answer.status_code == 200, answer.text
    rule = answer.json["rule"]
    assert answer.json["state"] == "pending"  # no pages worker runs here
    assert rule.keys() >= MINIMUM
    assert (rule["title"], rule["version"], rule["state"]) == ("Riverside Tool Library", 1, "published")
    assert rule["slug"].startswith("riverside-tool-library-")
    assert rule["url"] == f"{stage.parts.config.origin}/rules/{rule['slug']}/"


def test_the_version_and_its_job_are_one_commit(stage: Stage) -> None:
    stage.signed_in(ADA).simulate_post("/api/rules", json={"document": small_document()})
    assert stage.rows(
        "SELECT v.xmin = j.xmin AND v.xmin = p.xmin FROM rule_version v JOIN job j ON j.rule_id = v.rule_id"
        " JOIN place p ON p.rule_id = v.rule_id WHERE j.kind = 'page'"
    ) == [(True,)]


def test_the_hash_is_over_the_canonical_document(stage: Stage) -> None:
    rule = stage.signed_in(ADA).simulate_post("/api/rules", json={"document": full_document("Full")}).json["rule"]
    ((document,),) = stage.rows("SELECT document FROM rule_version")
    assert document == canonical_json(json.loads(document))
    assert rule["sha256"] == sha256_of(document)
    assert len(document) >= 25_000
    shown = stage.client().simulate_get(f"/api/rules/{rule['id']}").json
    assert shown["rule"]["document"] == json.loads(document)
    assert shown["viewerIsOwner"] is False


def test_it_needs_a_session(stage: Stage) -> None:
    answer = stage.client().simulate_post("/api/rules", json={"document": small_document()})
    assert (answer.status_code, answer.json) == (401, {"error": {"code": "unauthorized", "message": "Unauthorized"}})
    assert stage.rows("SELECT count(*) FROM rule") == [(0,)]


def broken(**changes: Any) -> dict[str, Any]:
    return small_document(**changes)


def level(value: float) -> dict[str, Any]:
    return broken(decisions=[{"own": "a", "title": "x", "fields": {"consensus-level": value}}])


@pytest.mark.parametrize(
    ("document", "path"),
    [
        (broken(community={"name": ""}), "community.name"),
        (broken(community={"name": "x" * 81}), "community.name"),
        (broken(community={}), "community.name"),
        (broken(values=[{"title": "No id"}]), "values.0"),
        (broken(values=[{"id": "a", "own": "b", "title": "Two"}]), "values.0"),
        (broken(values=[{"id": "Not Kebab", "title": "x"}]), "values.0.id"),
        (broken(values=[{"own": "a", "title": "x"}, {"own": "a", "title": "y"}]), "values"),
        (level(101), "decisions.0.fields.consensus-level"),
        (level(7.5), "decisions.0.fields.consensus-level"),
        (broken(decisions=[{"own": "a", "title": "x", "summary": "y" * 8001}]), "decisions.0.summary"),
        (broken(decisions=[{"own": "a", "title": "a\x07b"}]), "decisions.0.title"),
        (broken(language="English"), "language"),
        (broken(colour="red"), "colour"),
        (broken(schema=2), "schema"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_by_its_path(stage: Stage, document: dict[str, Any], path: str) -> None:
    answer = stage.signed_in(ADA).simulate_post("/api/rules", json={"document": document})
    assert answer.status_code == 400
    assert answer.json["error"]["code"] == "validation_error"
    assert path in answer.json["details"]["fieldErrors"], answer.json
    assert stage.rows("SELECT count(*) FROM rule") == [(0,)]


def test_an_empty_rule_is_no_rule(stage: Stage) -> None:
    document = {"schema": 1, "community": {"name": "Nothing yet"}}
    answer = stage.signed_in(ADA).simulate_post("/api/rules", json={"document": document})
    assert answer.status_code == 400
    assert answer.json["details"]["formErrors"]


def test_the_library_is_newest_first(stage: Stage) -> None:
    ada, rob = stage.signed_in(ADA), stage.signed_in(ROB)
    assert stage.client().simulate_get("/api/rules").content == b'{"rules":[]}'
    for client, name in ((ada, "One"), (rob, "Two"), (ada, "Three")):
        client.simulate_post("/api/rules", json={"document": small_document(name)})
    rules = stage.client().simulate_get("/api/rules").json["rules"]
    assert [rule["title"] for rule in rules] == ["Three", "Two", "One"]
    assert all(rule.keys() >= MINIMUM for rule in rules)
    assert len(stage.client().simulate_get("/api/rules?limit=2").json["rules"]) == 2
    assert stage.client().simulate_get("/api/rules?limit=x").status_code == 400


@pytest.mark.parametrize("id", ["0", "999", "abc", "-1", "1e3", "9" * 40, "%00", "\u0661"])
def test_ids_that_are_nobodys(stage: Stage, id: str) -> None:
    answer = stage.client().simulate_get(f"/api/rules/{id}")
    assert (answer.status_code, answer.json["error"]["code"]) == (404, "not_found")


def test_a_slug_never_comes_from_raw_text(stage: Stage) -> None:
    ada = stage.signed_in(ADA)
    for name in ("../../etc/passwd", "Save_as: x", "<script>", "日本語", "a" * 80, "…", "Ünïcödé Çafé", "\u202eevil"):
        rule = ada.simulate_post("/api/rules", json={"document": small_document(name)}).json["rule"]
        assert rule["slug"].replace("-", "").isalnum()
        assert rule["slug"].isascii()
        assert len(rule["slug"]) <= 60
