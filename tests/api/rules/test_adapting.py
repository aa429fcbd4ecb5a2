"""One's own rule from another: the form, what travels unseen, and who names whom."""

import re

from api.config import Config
from tests.support.cast import ADA, ROB, Stage
from tests.support.documents import small_document
from tests.support.trees import live_tree, pages_worker

BLOCK = {"kind": "text", "title": "House keys", "text": "Two members keep one each."}


def published(stage: Stage, name: str = "Parent") -> dict[str, str]:
    method = {"own": "own-1", "title": "We talk first", "summary": "Always.", "blocks": [BLOCK]}
    body = {"document": small_document(name, decisions=[method])}
    found: dict[str, str] = stage.signed_in(ADA).simulate_post("/api/rules", json=body).json["rule"]
    return found


def fields_of(page: str) -> dict[str, str]:
    """Hidden and text inputs, and text areas, as a browser would send them back."""
    inputs = dict(re.findall(r'<input type="(?:hidden|text)"[^>]* name="([^"]+)"[^>]* value="([^"]*)"', page))
    return inputs | dict(re.findall(r'<textarea[^>]* name="([^"]+)"[^>]*>\n(.*?)</textarea>', page, re.DOTALL))


def test_the_form_begins_with_the_text_and_without_the_name(stage: Stage) -> None:
    parent = published(stage)
    page = stage.client().simulate_get(f"/api/create/plain?adapt={parent['slug']}/v/1").text
    fields = fields_of(page)
    assert fields["adapts"] == f"{parent['slug']}/v/1"
    assert fields["community.name"] == ""
    assert fields["decisions.0.title"] == "We talk first"


def test_an_adapted_rule_says_where_it_came_from(stage: Stage, config: Config) -> None:
    parent = published(stage)
    rob = stage.signed_in(ROB)
    fields = fields_of(rob.simulate_get(f"/api/create/plain?adapt={parent['slug']}/v/1").text)
    answer = rob.submit("/api/create/plain", {**fields, "community.name": "Child"})
    assert "Your rule is saved" in answer.text
    [(child, document)] = stage.rows(
        "SELECT slug, document::jsonb FROM rule JOIN rule_version ON rule_id = id WHERE rule.title = 'Child'"
    )
    assert document["decisions"][0]["blocks"] == [BLOCK]  # the form has no control for it
    with pages_worker(config) as worker:
        worker.work()
        tree = live_tree(config)
        assert f'<a href="/rules/{parent["slug"]}/v/1/">' in tree[f"rules/{child}/index.html"].decode()
        assert "1 rule was adapted from it" in tree[f"rules/{parent['slug']}/index.html"].decode()
        ada = stage.signed_in(ADA)
        assert ada.simulate_delete(f"/api/rules/{parent['id']}").status_code == 200
        worker.work()
    page = live_tree(config)[f"rules/{child}/index.html"].decode()
    assert "Adapted from another community’s rule" in page
    assert parent["slug"] not in page


def test_an_unlisted_child_is_not_counted(stage: Stage, config: Config) -> None:
    parent = published(stage)
    body = {"document": small_document("Child"), "adapts": f"{parent['slug']}/v/1", "visibility": "unlisted"}
    assert stage.signed_in(ROB).simulate_post("/api/rules", json=body).status_code == 200
    with pages_worker(config) as worker:
        worker.work()
    assert "adapted from it" not in live_tree(config)[f"rules/{parent['slug']}/index.html"].decode()


def test_what_is_not_public_cannot_be_adapted(stage: Stage) -> None:
    parent = published(stage)
    stage.signed_in(ADA).simulate_delete(f"/api/rules/{parent['id']}/publication")
    rob = stage.signed_in(ROB)
    for adapts in (f"{parent['slug']}/v/1", "no-such-rule/v/1", "../v/1", f"{parent['slug']}/v/2"):
        assert rob.simulate_get(f"/api/create/plain?adapt={adapts}").status_code == 404
        body = {"document": small_document("Child"), "adapts": adapts}
        assert rob.simulate_post("/api/rules", json=body).status_code == 400


def test_what_it_adapts_and_that_it_is_unlisted_wait_with_the_draft(stage: Stage) -> None:
    parent = published(stage)
    fields = fields_of(stage.client().simulate_get(f"/api/create/plain?adapt={parent['slug']}/v/1").text)
    form = {**fields, "community.name": "Child", "email": ROB, "unlisted": "1", "community.types.mutual-aid": "1"}
    browser = stage.signed_in(ADA)  # signed out below: any browser can post the form
    answer = browser.submit("/api/auth/logout", {})
    assert answer.status_code == 303
    answer = browser.submit("/api/create/plain", form)
    assert "Your draft is kept" in answer.text
    rob = stage.signed_in_by(stage.last_token(ROB))
    page = rob.simulate_get(rob.next).text
    assert fields_of(page)["adapts"] == f"{parent['slug']}/v/1"
    assert re.search(r'name="unlisted" value="1" checked', page)
    assert re.search(r'name="community.types.mutual-aid" value="1" checked', page)
    assert stage.rows("SELECT document::jsonb -> 'decisions' -> 0 -> 'blocks' FROM draft_revision") == [([BLOCK],)]
