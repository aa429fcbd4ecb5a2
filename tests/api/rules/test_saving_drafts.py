"""The second button of /api/create/plain: keep a draft, come back to it, publish it."""

from typing import Any
from urllib.parse import urlencode

import pytest

from api.config import Config
from api.rate_limits import VERSIONS
from tests.api.rules.test_plain_form import Controls
from tests.conftest import config_for
from tests.support.cast import ADA, FORM, ROB, Browser, Stage
from tests.support.documents import full_document, small_document

PLAIN = "/api/create/plain"
DRAFT = "/api/create/draft"


@pytest.fixture
def ada(stage: Stage) -> Browser:
    return stage.signed_in(ADA)


def shown(ada: Browser, answer: Any) -> tuple[str, dict[str, str]]:
    """The page that a save leads to, and what a browser would send from it."""
    assert answer.status_code == 303, answer.text
    path, _, query = answer.headers["location"].partition("?")
    page = ada.simulate_get(path, query_string=query)
    assert page.status_code == 200
    return page.text, Controls(page.text).values


def drafts_of(ada: Browser) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = ada.simulate_get("/api/drafts").json["drafts"]
    return found


def test_write_save_come_back_publish(stage: Stage, ada: Browser) -> None:
    first = {"community.name": "", "decisions.0.summary": "We talk first.", "values.0.meaning": "half a"}
    page, form = shown(ada, ada.submit(DRAFT, first))
    assert "<h2>Saved</h2>" in page
    assert "Your community has no name yet." in page
    assert "Value 1 has no title yet." in page
    assert (form["decisions.0.summary"], form["values.0.meaning"]) == ("We talk first.", "half a")
    assert (form["draft"], form["revision"]) == ("1", "1")
    # The next save is the draft's next text.
    page, form = shown(ada, ada.submit(DRAFT, form | {"community.name": "Tools", "values.0.title": "Care"}))
    assert "Nothing is missing" in page
    assert [(row["title"], row["revision"], row["gaps"]) for row in drafts_of(ada)] == [("Tools", 2, 0)]
    assert stage.rows("SELECT count(*) FROM rule") == [(0,)]
    assert "Your rule is saved" in ada.submit(PLAIN, form).text
    assert stage.rows("SELECT title FROM rule") == [("Tools",)]
    assert drafts_of(ada) == []


def test_a_template_is_kept_and_fills_only_what_is_published(stage: Stage, ada: Browser) -> None:
    _, form = shown(ada, ada.submit(DRAFT, {"community.name": "Tools", "template": "consensus"}))
    assert form["template"] == "consensus"
    assert ada.simulate_get("/api/drafts/me").json["draft"]["payload"] == {
        "schema": 1,
        "language": "en",
        "template": "consensus",
        "community": {"name": "Tools", "context": "", "types": [], "size": [], "scale": [], "maturity": []},
    }
    _, form = shown(ada, ada.submit(DRAFT, form | {"template": ""}))
    assert form["template"] == ""
    answer = ada.submit(DRAFT, form | {"template": "../x"})
    assert (answer.status_code, "Not saved yet" in answer.text) == (400, True)


def test_what_the_form_has_no_control_for_stays(stage: Stage, ada: Browser) -> None:
    document = full_document("Everything")
    document["decisions"][0]["blocks"] = [{"kind": "proportion", "title": "Quorum", "percent": 40}]
    document["community"]["types"].append("a-type-of-another-catalogue")
    draft = ada.simulate_put("/api/drafts/me", json={"payload": document}).json["draft"]
    form = Controls(ada.simulate_get(f"{PLAIN}?draft={draft['id']}").text).values
    ticked = {name: "1" for name in form if name.startswith("community.") and form[name] == "1"}
    shown(ada, ada.submit(DRAFT, form | ticked | {"community.context": "Changed."}))
    after = ada.simulate_get("/api/drafts/me").json["draft"]["payload"]
    assert after["community"].pop("context") == "Changed."
    document["community"].pop("context")
    assert after == document


def test_two_tabs_conflict_and_both_texts_are_kept(stage: Stage, ada: Browser) -> None:
    _, form = shown(ada, ada.submit(DRAFT, {"community.name": "One"}))
    shown(ada, ada.submit(DRAFT, form | {"community.name": "Two"}))
    answer = ada.submit(DRAFT, form | {"community.name": "Three"})
    assert answer.status_code == 409
    assert "Both texts are kept" in answer.text
    assert 'href="/api/drafts/1/history"' in answer.text
    mine = Controls(answer.text).values
    assert mine["community.name"] == "Three"
    assert drafts_of(ada)[0]["title"] == "Two"
    shown(ada, ada.submit(DRAFT, mine))
    revisions = ada.simulate_get("/api/drafts/1/revisions").json["revisions"]
    assert [row["title"] for row in revisions] == ["Three", "Two", "One"]


def test_an_old_tab_does_not_publish_over_a_newer_text(stage: Stage, ada: Browser) -> None:
    _, form = shown(ada, ada.submit(DRAFT, {"community.name": "One", "values.0.title": "Care"}))
    shown(ada, ada.submit(DRAFT, form | {"community.name": "Two"}))
    answer = ada.submit(PLAIN, form)
    assert (answer.status_code, "Not published yet" in answer.text) == (409, True)
    assert stage.rows("SELECT count(*) FROM rule") == [(0,)]
    assert drafts_of(ada)[0]["title"] == "Two"
    assert "Your rule is saved" in ada.submit(PLAIN, Controls(answer.text).values).text
    assert stage.rows("SELECT title FROM rule") == [("One",)]


def test_a_draft_that_is_gone_loses_no_text(stage: Stage, ada: Browser) -> None:
    _, form = shown(ada, ada.submit(DRAFT, {"community.name": "One"}))
    ada.simulate_delete("/api/drafts/1")
    for pressed, status in ((DRAFT, 404), (PLAIN, 409)):
        answer = ada.submit(pressed, form | {"community.name": "Still here", "values.0.title": "Care"})
        assert answer.status_code == status
        assert "published or deleted in the meantime" in answer.text
        again = Controls(answer.text).values
        assert again["community.name"] == "Still here"
        assert "draft" not in again
    _, form = shown(ada, ada.submit(DRAFT, again))
    assert (form["draft"], form["community.name"]) == ("2", "Still here")


def test_an_earlier_text_is_read_before_it_is_restored(ada: Browser) -> None:
    _, form = shown(ada, ada.submit(DRAFT, {"community.name": "One"}))
    shown(ada, ada.submit(DRAFT, form | {"community.name": "Two"}))
    page = ada.simulate_get(f"{PLAIN}?draft=1&revision=1")
    assert "An earlier text" in page.text
    form = Controls(page.text).values
    assert (form["community.name"], form["revision"]) == ("One", "2")
    shown(ada, ada.submit(DRAFT, form))
    assert drafts_of(ada)[0]["title"] == "One"
    for odd in ("4", "99999999999", "x", "-1"):
        assert ada.simulate_get(f"{PLAIN}?draft=1&revision={odd}").status_code in (400, 404)


def test_saving_twice_at_once_makes_one_draft(ada: Browser) -> None:
    sent = {"community.name": "Tools"}
    first, second = ada.submit(DRAFT, sent), ada.submit(DRAFT, sent)
    assert first.headers["location"] == second.headers["location"]
    assert len(drafts_of(ada)) == 1


def test_the_next_version_of_a_rule_can_wait_too(stage: Stage, ada: Browser) -> None:
    document = small_document()
    document["decisions"][0]["blocks"] = [{"kind": "proportion", "title": "Quorum", "percent": 40}]
    id = ada.simulate_post("/api/rules", json={"document": document}).json["rule"]["id"]
    form = Controls(ada.simulate_get(f"{PLAIN}?rule={id}").text).values
    sent = form | {"community.name": "", "reason": "Because half"}
    page, form = shown(ada, ada.submit(DRAFT, sent))
    assert "Revise your rule" in page
    assert (form["rule"], form["reason"], form["community.name"]) == (id, "Because half", "")
    assert "Next version of" in ada.simulate_get("/api/profile").text
    assert stage.rows("SELECT version FROM rule") == [(1,)]
    # Another version is published meanwhile: the draft says so, then becomes the one after it.
    body = {"document": small_document("Meanwhile"), "reason": "Quick."}
    assert ada.simulate_patch(f"/api/rules/{id}", json=body).status_code == 200
    answer = ada.submit(PLAIN, form | {"community.name": "Tools", "reason": "Because."})
    assert answer.status_code == 409
    assert "Another version was published" in answer.text
    assert len(drafts_of(ada)) == 1
    assert "Your rule is saved" in ada.submit(PLAIN, Controls(answer.text).values).text
    assert stage.rows("SELECT title, version FROM rule") == [("Tools", 3)]
    shown_now = ada.simulate_get(f"/api/rules/{id}").json["rule"]["document"]
    assert shown_now["decisions"][0]["blocks"] == document["decisions"][0]["blocks"]
    assert drafts_of(ada) == []


def test_a_draft_outlives_the_rule_that_it_was_to_revise(stage: Stage, ada: Browser) -> None:
    id = ada.simulate_post("/api/rules", json={"document": small_document()}).json["rule"]["id"]
    form = Controls(ada.simulate_get(f"{PLAIN}?rule={id}").text).values
    shown(ada, ada.submit(DRAFT, form))
    ada.simulate_delete(f"/api/rules/{id}")
    page = ada.simulate_get(f"{PLAIN}?draft=1")
    assert "Write a rule" in page.text
    assert "Your rule is saved" in ada.submit(PLAIN, Controls(page.text).values).text


def test_a_draft_outlives_the_rule_that_it_adapts(stage: Stage, ada: Browser) -> None:
    parent = ada.simulate_post("/api/rules", json={"document": small_document("Parent")}).json["rule"]
    rob = stage.signed_in(ROB)
    form = Controls(rob.simulate_get(f"{PLAIN}?adapt={parent['slug']}/v/1").text).values
    _, form = shown(rob, rob.submit(DRAFT, form | {"community.name": "Child"}))
    assert form["adapts"] == f"{parent['slug']}/v/1"
    ada.simulate_delete(f"/api/rules/{parent['id']}/publication")
    _, form = shown(rob, rob.submit(DRAFT, form | {"community.context": "More."}))
    answer = rob.submit(PLAIN, form)
    assert (answer.status_code, "not public any more" in answer.text) == (400, True)
    assert "Your rule is saved" in rob.submit(PLAIN, Controls(answer.text).values).text
    assert stage.rows(
        "SELECT title, parent_slug FROM (SELECT title, parent_id AS parent_slug FROM rule) AS r ORDER BY title"
    ) == [
        ("Child", None),
        ("Parent", None),
    ]


def test_signed_out_it_waits_behind_a_link_and_overwrites_nothing(stage: Stage, ada: Browser) -> None:
    shown(ada, ada.submit(DRAFT, {"community.name": "Adas own"}))
    sent = {"community.name": "", "decisions.0.summary": "Half a", "email": ADA}
    answer = stage.client().simulate_post(DRAFT, body=urlencode(sent), headers=FORM)
    assert "Your draft is kept" in answer.text
    again = stage.signed_in_by(stage.last_token(ADA))
    form = Controls(again.simulate_get(again.next).text).values
    assert (form["draft"], form["decisions.0.summary"]) == ("2", "Half a")
    assert sorted(row["title"] for row in drafts_of(ada)) == ["", "Adas own"]


def test_a_session_that_ended_does_not_lose_the_draft(stage: Stage, ada: Browser) -> None:
    _, form = shown(ada, ada.submit(DRAFT, {"community.name": "One"}))
    sent = form | {"community.name": "Two"}
    answer = stage.client().simulate_post(DRAFT, body=urlencode(sent), headers=FORM)
    assert answer.status_code == 401
    back = Controls(answer.text).values
    assert (back["community.name"], back["draft"], back["revision"]) == ("Two", "1", "1")
    shown(ada, ada.submit(DRAFT, back))
    assert drafts_of(ada)[0]["title"] == "Two"


def test_what_cannot_be_kept_comes_back(ada: Browser) -> None:
    for sent, status in (
        ({"decisions.0.summary": "a\x07b"}, 400),
        ({"reason": "a\x00b"}, 400),
        ({f"decisions.{n}.summary": "x" * 50_000 for n in range(11)}, 413),
    ):
        answer = ada.submit(DRAFT, {"community.name": "Tools", **sent})
        assert (answer.status_code, "Not saved yet" in answer.text) == (status, True)
        assert Controls(answer.text).values["community.name"] == "Tools"
    assert drafts_of(ada) == []


def test_the_profile_lists_them_with_what_is_missing(ada: Browser) -> None:
    for name, section in (("Ready", {"values.0.title": "Care"}), ("Named", {}), ("", {})):
        ada.submit(DRAFT, {"community.name": name, **section})
    page = ada.simulate_get("/api/profile").text
    for words in ("ready to publish", "1 thing is missing", "2 things are missing", "Without a name yet"):
        assert page.count(words) >= 1, words
    assert page.count('name="delete"') == 3
    assert page.count("/history") == 3


def test_a_site_that_keeps_no_drafts(postgres: Any, build: Any, tmp_path: Any, stage: Stage, config: Config) -> None:
    from api.app import open_parts

    off = config_for(config.database_url, build, tmp_path, NEXT_PUBLIC_ENABLE_BACKEND_SYNC="False")
    ada = stage.signed_in(ADA)
    kept = ada.simulate_put("/api/drafts/me", json={"payload": {"community": {"name": "From before"}}}).json["draft"]
    parts = open_parts(off)
    try:
        there = Browser(Stage.of(parts).app, ada.cookie, "")
        for method, path in (
            ("PUT", "/api/drafts/me"),
            ("POST", "/api/drafts"),
            ("PUT", f"/api/drafts/{kept['id']}"),
            ("POST", f"/api/drafts/{kept['id']}/revisions/1/restore"),
        ):
            answer = there.simulate_request(method, path, json={"payload": {}})
            assert (answer.status_code, answer.json["error"]["code"]) == (403, "forbidden"), path
        answer = there.submit(DRAFT, {"community.name": "Tools"})
        assert (answer.status_code, Controls(answer.text).values["community.name"]) == (403, "Tools")
        assert "Save as draft" not in answer.text
        # What is there can be read, published and deleted; and a form that is sent signed out still waits.
        assert there.simulate_get("/api/drafts/me").json["draft"] == kept
        assert there.simulate_delete("/api/drafts/me").json == {"ok": True}
    finally:
        parts.close()


def test_saving_uses_up_no_publish_and_what_is_limited_comes_back(stage: Stage, ada: Browser) -> None:
    (versions,) = VERSIONS
    form: dict[str, str] = {}
    for number in range(versions.amount + 1):
        _, form = shown(ada, ada.submit(DRAFT, form | {"community.name": f"Tools {number}"}))
    assert "Your rule is saved" in ada.submit(PLAIN, form | {"values.0.title": "Care"}).text
    for _ in range(versions.amount - 1):
        assert ada.simulate_post("/api/rules", json={"document": small_document()}).status_code == 200
    answer = ada.submit(PLAIN, {"community.name": "One too many", "values.0.title": "Care"})
    assert answer.status_code == 429
    back = Controls(answer.text).values
    assert back["community.name"] == "One too many"
    shown(ada, ada.submit(DRAFT, back))
    assert drafts_of(ada)[0]["title"] == "One too many"
