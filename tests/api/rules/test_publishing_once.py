"""A double click, a resent form, a resent request: one rule."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from api.database import connect
from api.workers.queries import delete_expired
from tests.api.rules.test_plain_form import Controls
from tests.support.cast import ADA, ROB, Browser, Stage
from tests.support.documents import small_document

PLAIN = "/api/create/plain"
RULES = "/api/rules"


@pytest.fixture
def ada(stage: Stage) -> Browser:
    return stage.signed_in(ADA)


def publish(client: Browser, name: str = "Tools", key: str = "key-1") -> Any:
    headers = {"Idempotency-Key": key, "Cookie": client.cookie}
    return client.simulate_post(RULES, json={"document": small_document(name)}, headers=headers)


def test_a_resent_request_gets_the_same_rule(stage: Stage, ada: Browser) -> None:
    first, second = publish(ada), publish(ada, key='"key-1"')
    assert first.json == second.json
    assert publish(ada, key="key-2").json["rule"]["id"] != first.json["rule"]["id"]
    assert stage.rows("SELECT count(*) FROM rule") == [(2,)]


def test_without_a_key_each_request_publishes(stage: Stage, ada: Browser) -> None:
    for _ in range(2):
        ada.simulate_post(RULES, json={"document": small_document()})
    assert stage.rows("SELECT count(*) FROM rule") == [(2,)]


def test_many_at_once_publish_once(stage: Stage, ada: Browser) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: publish(ada), range(16)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.json["rule"]["slug"] for answer in answers}) == 1
    assert stage.rows("SELECT count(*) FROM rule") == [(1,)]
    assert stage.rows("SELECT k.xmin = r.xmin FROM publish_key k JOIN rule r ON r.id = k.rule_id") == [(True,)]


def test_a_key_is_for_one_text_and_one_person(stage: Stage, ada: Browser) -> None:
    publish(ada)
    other_text = publish(ada, "Other")
    assert (other_text.status_code, other_text.json["error"]["code"]) == (409, "conflict")
    assert "“Tools”" in other_text.json["error"]["message"]
    somebody_else = publish(stage.signed_in(ROB))
    assert (somebody_else.status_code, somebody_else.json["error"]["code"]) == (409, "conflict")
    assert "Tools" not in somebody_else.text
    assert stage.rows("SELECT count(*) FROM rule") == [(1,)]


def test_what_was_refused_uses_no_key_up(stage: Stage, ada: Browser) -> None:
    headers = {"Idempotency-Key": "key-1", "Cookie": ada.cookie}
    body = {"document": small_document("Tools"), "adapts": "no-such-rule/v/1"}
    assert ada.simulate_post(RULES, json=body, headers=headers).status_code == 400
    assert stage.rows("SELECT count(*) FROM publish_key") == [(0,)]
    assert publish(ada).status_code == 200


@pytest.mark.parametrize("key", ["a b", "x" * 201, "\xe4"])
def test_keys_that_are_none(stage: Stage, ada: Browser, key: str) -> None:
    assert publish(ada, key=key).status_code == 400
    assert stage.rows("SELECT count(*) FROM rule") == [(0,)]


def test_keys_are_kept_for_a_day(stage: Stage, ada: Browser) -> None:
    publish(ada, key="young")
    publish(ada, key="old")
    stage.rows("UPDATE publish_key SET created_at = now() - interval '23 hours' WHERE key = 'young' RETURNING 1")
    stage.rows("UPDATE publish_key SET created_at = now() - interval '25 hours' WHERE key = 'old' RETURNING 1")
    with connect(stage.parts.config.database_url) as connection:
        delete_expired(connection)
    assert stage.rows("SELECT key FROM publish_key") == [("young",)]


def test_a_rule_that_was_deleted_takes_its_key_along(stage: Stage, ada: Browser) -> None:
    ada.simulate_delete(f"/api/rules/{publish(ada).json['rule']['id']}")
    assert publish(ada).status_code == 200
    assert stage.rows("SELECT count(*) FROM rule") == [(1,)]


def test_a_form_that_is_sent_twice(stage: Stage, ada: Browser) -> None:
    form = Controls(ada.simulate_get(PLAIN).text).values | {"community.name": "Tools", "values.0.title": "Care"}
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda _: ada.submit(PLAIN, form), range(2)))
    assert all("Your rule is saved" in answer.text for answer in answers)
    assert stage.rows("SELECT count(*) FROM rule") == [(1,)]


def test_the_prebuilt_form_that_is_sent_twice(stage: Stage, ada: Browser) -> None:
    """It is a file, the same for all: what was sent, and by whom, stands in for a random value."""
    form = {"community.name": "Tools", "values.0.title": "Care", "email": ""}
    for _ in range(2):
        assert "Your rule is saved" in ada.submit(PLAIN, form).text
    assert "Your rule is saved" in stage.signed_in(ROB).submit(PLAIN, form).text
    assert stage.rows("SELECT count(*) FROM rule") == [(2,)]


def test_a_form_that_is_sent_again_with_another_text(stage: Stage, ada: Browser) -> None:
    form = Controls(ada.simulate_get(PLAIN).text).values | {"community.name": "Tools", "values.0.title": "Care"}
    ada.submit(PLAIN, form)
    answer = ada.submit(PLAIN, form | {"community.name": "Other"})
    assert answer.status_code == 409
    assert "This form was sent before with another text" in answer.text
    again = Controls(answer.text).values
    assert again["community.name"] == "Other"
    assert again["once"] != form["once"]
    assert "Your rule is saved" in ada.submit(PLAIN, again).text
    assert stage.rows("SELECT title FROM rule ORDER BY id") == [("Tools",), ("Other",)]


def test_each_form_has_a_key_of_its_own_and_keeps_it_while_it_fails(ada: Browser) -> None:
    one, two = (Controls(ada.simulate_get(PLAIN).text).values["once"] for _ in range(2))
    assert one != two
    assert len(one) >= 20
    failed = ada.submit(PLAIN, {"community.name": "", "once": one})
    assert Controls(failed.text).values["once"] == one


def test_a_revision_that_is_sent_twice(stage: Stage, ada: Browser) -> None:
    id = publish(ada).json["rule"]["id"]
    form = Controls(ada.simulate_get(f"{PLAIN}?rule={id}").text).values
    sent = form | {"community.name": "New", "reason": "Because."}
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda _: ada.submit(PLAIN, sent), range(2)))
    assert all("Your rule is saved" in answer.text for answer in answers)
    assert stage.rows("SELECT version FROM rule") == [(2,)]


def test_a_draft_with_more_than_the_form_shows_is_published_once(stage: Stage, ada: Browser) -> None:
    document = small_document()
    document["decisions"][0]["blocks"] = [{"kind": "proportion", "title": "Quorum", "percent": 40}]
    ada.simulate_put("/api/drafts/me", json={"payload": document})
    form = Controls(ada.simulate_get(f"{PLAIN}?draft=1").text).values
    for _ in range(2):
        assert "Your rule is saved" in ada.submit(PLAIN, form).text
    assert stage.rows("SELECT count(*) FROM rule") == [(1,)]
    # Another tab with the same draft is another form.
    assert ada.submit(PLAIN, form | {"once": "another-tab"}).status_code == 409
