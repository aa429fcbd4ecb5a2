"""GET and POST /api/create/plain, GET /api/profile: the form without JavaScript, and one's own rules."""

from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.support.cast import ADA, FORM, ROB, Browser, Stage
from tests.support.documents import catalogue, full_document, small_document
from tests.support.postgres import PostgresServer

PLAIN = "/api/create/plain"


class Controls(HTMLParser):
    """What a browser would send: every control's name and value."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.values: dict[str, str] = {}
        self._area: str | None = None
        self._select: str | None = None
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        name, kind = found.get("name"), found.get("type")
        if tag == "textarea" and name:
            self._area, self.values[name] = name, ""
        elif tag == "select" and name:
            self._select = name
        elif tag == "option" and self._select and "selected" in found:
            self.values[self._select] = found.get("value") or ""
        elif tag == "input" and name and (kind not in ("radio", "checkbox") or "checked" in found):
            self.values[name] = found.get("value") or ""

    def handle_data(self, data: str) -> None:
        if self._area:
            # A browser drops the line end that follows <textarea>.
            self.values[self._area] += data.removeprefix("\n") if not self.values[self._area] else data

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self._area = None


def post(client: Any, **fields: str) -> Any:
    named = {name.replace("__", "."): value for name, value in fields.items()}
    if isinstance(client, Browser):
        return client.submit(PLAIN, named)
    return client.simulate_post(PLAIN, body=urlencode(named), headers=FORM)


def test_signed_in_it_publishes(stage: Stage) -> None:
    ada = stage.signed_in(ADA)
    answer = post(ada, community__name="Tools", template="consensus")
    assert answer.status_code == 200
    assert "Your rule is saved" in answer.text  # no pages worker runs here
    assert stage.rows("SELECT title, state FROM rule") == [("Tools", "published")]


def test_a_template_fills_the_sections_that_were_left_empty(stage: Stage) -> None:
    ada = stage.signed_in(ADA)
    post(ada, community__name="Tools", template="consensus", decisions__0__summary="We ask the cat.")
    document = stage.signed_in(ADA).simulate_get("/api/rules/1").json["rule"]["document"]
    template = catalogue().template("consensus")
    assert template is not None
    expected = catalogue().document(template)
    assert document["template"] == "consensus"
    assert [value["id"] for value in document["values"]] == [value["id"] for value in expected["values"]]
    assert [method["summary"] for method in document["decisions"]] == ["We ask the cat."]
    assert document["conflict"][0]["fields"] == expected["conflict"][0]["fields"]


def test_a_rejected_form_comes_back_with_everything_that_was_typed(stage: Stage) -> None:
    ada = stage.signed_in(ADA)
    typed = {
        "community.name": "",
        "community.context": "  <b>Tools</b> & “soup”  ",
        "template": "consensus",
        "values.0.title": "Care",
        "values.0.meaning": "line one\r\nline two",
        "decisions.0.title": "x" * 130,
        "decisions.0.summary": "</textarea><script>alert(1)</script>",
    }
    answer = ada.submit(PLAIN, typed)
    assert answer.status_code == 400
    back = Controls(answer.text).values
    assert back["community.context"] == "<b>Tools</b> & “soup”"
    assert back["template"] == "consensus"
    assert back["values.0.title"] == "Care"
    assert back["values.0.meaning"] == "line one\nline two"
    assert back["decisions.0.title"] == "x" * 130
    assert back["decisions.0.summary"] == "</textarea><script>alert(1)</script>"
    assert 'href="#community.name"' in answer.text
    assert 'href="#decisions.0.title"' in answer.text
    assert 'aria-invalid="true"' in answer.text
    assert "<script>alert" not in answer.text
    assert stage.rows("SELECT count(*) FROM rule") == [(0,)]


def test_nobody_signed_in_keeps_the_draft_and_sends_a_link(stage: Stage) -> None:
    answer = post(stage.client(), community__name="Tools", template="do-ocracy", email=ADA)
    assert answer.status_code == 200
    assert "Your draft is kept" in answer.text
    assert stage.rows("SELECT count(*) FROM rule") == [(0,)]
    ada = stage.signed_in_by(stage.last_token(ADA))
    shown = ada.simulate_get(ada.next)
    assert Controls(shown.text).values["community.name"] == "Tools"
    sent = Controls(shown.text).values
    published = ada.submit(PLAIN, sent)
    assert "Your rule is saved" in published.text
    assert stage.rows("SELECT title FROM rule") == [("Tools",)]
    assert stage.rows("SELECT count(*) FROM draft") == [(0,)]


def test_nobody_signed_in_and_no_address(stage: Stage) -> None:
    answer = post(stage.client(), community__name="Tools", template="do-ocracy")
    assert answer.status_code == 400
    assert Controls(answer.text).values["community.name"] == "Tools"
    assert 'href="#email"' in answer.text
    assert stage.rows("SELECT count(*) FROM job") == [(0,)]


def test_what_could_not_be_published_sends_no_mail(stage: Stage) -> None:
    assert post(stage.client(), community__name="", template="do-ocracy", email=ADA).status_code == 400
    assert stage.rows("SELECT count(*) FROM job") == [(0,)]


def test_revising_shows_the_current_text_and_loses_nothing(stage: Stage) -> None:
    ada = stage.signed_in(ADA)
    document = full_document("Everything")
    document["decisions"][0]["blocks"] = [{"kind": "proportion", "title": "Quorum", "percent": 40}]
    id = ada.simulate_post("/api/rules", json={"document": document}).json["rule"]["id"]
    before = ada.simulate_get(f"/api/rules/{id}").json["rule"]["document"]
    sent = Controls(ada.simulate_get(f"{PLAIN}?rule={id}").text).values
    sent |= {"community.context": "Now with soup.", "reason": "Soup."}
    answer = ada.submit(PLAIN, sent)
    assert "Your rule is saved" in answer.text, answer.text
    after = ada.simulate_get(f"/api/rules/{id}").json["rule"]["document"]
    assert after["community"].pop("context") == "Now with soup."
    before["community"].pop("context")
    assert after == before


def test_leaving_out_and_adding(stage: Stage) -> None:
    ada = stage.signed_in(ADA)
    document = small_document(values=[{"own": f"own-{n}", "title": f"Value {n}"} for n in (1, 2, 3)])
    id = ada.simulate_post("/api/rules", json={"document": document}).json["rule"]["id"]
    sent = Controls(ada.simulate_get(f"{PLAIN}?rule={id}").text).values
    sent |= {"values.1.remove": "1", "values.3.title": "Value 4", "reason": "Fewer and one more."}
    ada.submit(PLAIN, sent)
    values = ada.simulate_get(f"/api/rules/{id}").json["rule"]["document"]["values"]
    assert [value["title"] for value in values] == ["Value 1", "Value 3", "Value 4"]
    assert len({value["own"] for value in values}) == 3


def test_a_session_that_ended_loses_no_text(stage: Stage) -> None:
    ada = stage.signed_in(ADA)
    id = ada.simulate_post("/api/rules", json={"document": small_document()}).json["rule"]["id"]
    sent = Controls(ada.simulate_get(f"{PLAIN}?rule={id}").text).values | {
        "reason": "Why not",
        "values.0.meaning": "More",
    }
    answer = stage.client().simulate_post(PLAIN, body=urlencode(sent), headers=FORM)
    assert answer.status_code == 401
    assert Controls(answer.text).values["values.0.meaning"] == "More"
    assert Controls(answer.text).values["reason"] == "Why not"
    assert "sign in" in answer.text.lower()


def test_two_revisions_at_once_do_not_overwrite(stage: Stage) -> None:
    ada = stage.signed_in(ADA)
    id = ada.simulate_post("/api/rules", json={"document": small_document()}).json["rule"]["id"]
    page = Controls(ada.simulate_get(f"{PLAIN}?rule={id}").text).values
    for context, reason in (("One", "first"), ("Two", "second")):
        sent = page | {"community.context": context, "reason": reason}
        answer = ada.submit(PLAIN, sent)
    assert answer.status_code == 409
    assert Controls(answer.text).values["community.context"] == "Two"
    assert stage.rows("SELECT context FROM rule") == [("One",)]


@pytest.mark.parametrize("path", [f"{PLAIN}?rule=1", f"{PLAIN}?draft=1", "/api/profile"])
def test_pages_of_ones_own_ask_for_signing_in(stage: Stage, path: str) -> None:
    answer = stage.client().simulate_get(path)
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in/")


def test_a_template_is_chosen_by_its_link(stage: Stage) -> None:
    answer = stage.client().simulate_get(f"{PLAIN}?template=consensus")
    assert Controls(answer.text).values["template"] == "consensus"
    for odd in ("", "?template=nope", "?template=%3Cscript%3E"):
        answer = stage.client().simulate_get(f"{PLAIN}{odd}")
        assert answer.status_code == 200
        assert Controls(answer.text).values.get("template", "") == ""
        assert "<script>" not in answer.text


def test_a_method_is_filled_in_by_its_link(stage: Stage) -> None:
    answer = stage.client().simulate_get(f"{PLAIN}?method=decisions.lazy-consensus")
    shown = Controls(answer.text).values
    assert shown["decisions.0.id"] == "lazy-consensus"
    assert "72 hours" in shown["decisions.0.fields.core-principle"]
    for odd in ("decisions.nope", "values.care", "nope", ".", "decisions."):
        answer = stage.client().simulate_get(f"{PLAIN}?method={odd}")
        assert answer.status_code == 200
        assert "decisions.0.id" not in Controls(answer.text).values


def test_nobody_sees_what_is_anothers(stage: Stage) -> None:
    ada, rob = stage.signed_in(ADA), stage.signed_in(ROB)
    id = ada.simulate_post("/api/rules", json={"document": small_document("Adas rule")}).json["rule"]["id"]
    post(stage.client(), community__name="Adas draft", template="consensus", email=ADA)
    stage.signed_in_by(stage.last_token(ADA))
    assert rob.simulate_get(f"{PLAIN}?rule={id}").status_code == 403
    assert rob.simulate_get(f"{PLAIN}?draft=1").status_code == 404
    assert "Adas" not in rob.simulate_get("/api/profile").text
    shown = ada.simulate_get("/api/profile").text
    assert "Adas rule" in shown
    assert "Adas draft" in shown


def test_a_template_that_does_not_exist(stage: Stage) -> None:
    answer = post(stage.signed_in(ADA), community__name="Tools", template="../x")
    assert answer.status_code == 400
    assert 'href="#template"' in answer.text


def publish(ada: Browser, document: dict[str, Any]) -> str:
    answer = ada.simulate_post("/api/rules", json={"document": document})
    assert answer.status_code == 200, answer.text
    id: str = answer.json["rule"]["id"]
    return id


def opened(ada: Browser, id: str) -> dict[str, str]:
    return Controls(ada.simulate_get(f"{PLAIN}?rule={id}").text).values


def test_fields_without_a_control_stay(stage: Stage) -> None:
    ada = stage.signed_in(ADA)
    method = {"own": "own-1", "title": "Vote", "fields": {"quorum": "a third", "core-principle": "We vote."}}
    id = publish(ada, small_document(decisions=[method]))
    sent = opened(ada, id) | {"community.context": "Changed.", "reason": "Because."}
    ada.submit(PLAIN, sent)
    fields = ada.simulate_get(f"/api/rules/{id}").json["rule"]["document"]["decisions"][0]["fields"]
    assert fields == {"quorum": "a third", "core-principle": "We vote."}


def test_a_new_method_inherits_nothing_from_one_that_was_removed(stage: Stage) -> None:
    ada = stage.signed_in(ADA)
    block = {"kind": "text", "title": "Old", "text": "OLD BLOCK"}
    methods = [{"own": "own-1", "title": "First", "blocks": [block]}, {"own": "own-2", "title": "Second"}]
    id = publish(ada, small_document(decisions=methods))
    sent = opened(ada, id) | {"decisions.0.remove": "1", "decisions.2.title": "Brand new", "reason": "Because."}
    ada.submit(PLAIN, sent)
    decisions = ada.simulate_get(f"/api/rules/{id}").json["rule"]["document"]["decisions"]
    assert [(method["own"], method["title"]) for method in decisions] == [("own-2", "Second"), ("own-3", "Brand new")]
    assert "OLD BLOCK" not in str(decisions)


def test_a_conflict_can_be_resolved(stage: Stage) -> None:
    ada = stage.signed_in(ADA)
    id = publish(ada, small_document())
    page = opened(ada, id)
    ada.submit(PLAIN, page | {"community.context": "One", "reason": "first"})
    answer = ada.submit(PLAIN, page | {"community.context": "Two", "reason": "second"})
    assert answer.status_code == 409
    assert 'href="/rules/riverside-tool-library-' in answer.text
    again = Controls(answer.text).values
    assert "Your rule is saved" in ada.submit(PLAIN, again).text
    assert stage.rows("SELECT context, version FROM rule") == [("Two", 3)]


@pytest.mark.parametrize(
    ("reason", "words"),
    [("", "is empty"), (" \n", "is empty"), ("a\0b", "cannot be printed"), ("x" * 401, "longer than 400 characters")],
)
def test_reasons_that_cannot_be_kept(stage: Stage, reason: str, words: str) -> None:
    ada = stage.signed_in(ADA)
    id = publish(ada, small_document())
    answer = ada.submit(PLAIN, opened(ada, id) | {"community.context": "Changed.", "reason": reason})
    assert answer.status_code == 400
    assert words in answer.text
    body = {"document": small_document("Changed"), "reason": reason}
    by_json = ada.simulate_patch(f"/api/rules/{id}", json=body)
    assert (by_json.status_code, "reason" in by_json.json["details"]["fieldErrors"]) == (400, True)
    assert stage.rows("SELECT version FROM rule") == [(1,)]


def test_long_texts_in_any_script(stage: Stage) -> None:
    ada = stage.signed_in(ADA)
    text = "集" * 7000
    typed = {"community.name": "図書館", "language": "ja"}
    typed |= {f"decisions.{n}.title": f"方法{n}" for n in range(9)} | {f"decisions.{n}.summary": text for n in range(9)}
    assert len(urlencode(typed)) > 512 * 1024
    assert "Your rule is saved" in ada.submit(PLAIN, typed).text
    document = ada.simulate_get("/api/rules/1").json["rule"]["document"]
    assert (document["language"], document["decisions"][8]["summary"]) == ("ja", text)


def test_a_draft_is_published_once(stage: Stage) -> None:
    post(stage.client(), community__name="Once", template="consensus", email=ADA)
    ada = stage.signed_in_by(stage.last_token(ADA))
    sent = Controls(ada.simulate_get(ada.next).text).values
    assert "Your rule is saved" in ada.submit(PLAIN, sent).text
    assert "Your rule is saved" in ada.submit(PLAIN, sent).text  # a double click: the same rule
    answer = ada.submit(PLAIN, sent | {"once": "another-tab"})
    assert answer.status_code == 409
    assert "published or deleted in the meantime" in answer.text
    assert stage.rows("SELECT count(*) FROM rule") == [(1,)]


def test_a_draft_waits_for_a_later_link(stage: Stage) -> None:
    post(stage.client(), community__name="Patient", template="consensus", email=ADA)
    stage.rows("UPDATE magic_link SET expires_at = now() - interval '1 hour' RETURNING 1")
    ada = stage.signed_in(ADA)
    assert "Patient" in ada.simulate_get("/api/profile").text
    stage.signed_in(ADA)
    assert stage.rows("SELECT count(*) FROM draft") == [(1,)]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"decisions.0.title": "x", "decisions.0.summary": "y" * 8001}, "longer than 8000 characters"),
        ({"decisions.0.title": "x", "decisions.0.fields.applicable-scope": "z" * 201}, "longer than 200 characters"),
        ({"decisions.0.title": "x", "decisions.0.fields.consensus-level": "many"}, None),
        ({}, "choose a template, or write something in one section"),
        ({"values.0.title": "\u200b\u2060"}, "is empty"),
    ],
)
def test_what_is_wrong_is_said_as_it_is(stage: Stage, fields: dict[str, str], words: str | None) -> None:
    answer = stage.signed_in(ADA).submit(PLAIN, {"community.name": "Tools", **fields})
    if words is None:
        assert answer.status_code in (200, 400)
    else:
        assert answer.status_code == 400
        assert words in answer.text


def test_a_database_that_is_away_loses_no_text(postgres: PostgresServer, stage: Stage) -> None:
    ada = stage.signed_in(ADA)
    ada.simulate_get("/api/profile")
    postgres.stop()
    try:
        answer = ada.submit(PLAIN, {"community.name": "Kept", "decisions.0.summary": "Every word."})
    finally:
        postgres.start()
    assert answer.status_code == 503
    assert Controls(answer.text).values["decisions.0.summary"] == "Every word."


def test_the_page_to_come_is_asked_for_at_the_api(stage: Stage) -> None:
    id = publish(stage.signed_in(ADA), small_document())
    address = f"/api/rules/{id}/publication"
    waiting = stage.client().simulate_get(address)
    assert waiting.status_code == 200
    assert f'content="2; url={address}"' in waiting.text
    stage.rows("UPDATE job SET live_at = now() WHERE kind = 'page' RETURNING 1")
    assert stage.client().simulate_get(address).headers["location"].startswith("/rules/riverside-tool-library-")
    assert stage.client().simulate_get("/api/rules/999/publication").status_code == 404
