"""GET and POST /api/create/plain, GET /api/profile: the form without JavaScript, and one's own rules."""

from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.support.cast import ADA, FORM, ROB, Browser, Stage
from tests.support.documents import catalogue, full_document, small_document

PLAIN = "/api/create/plain"


class Controls(HTMLParser):
    """What a browser would send: every control's name and value."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.values: dict[str, str] = {}
        self._area: str | None = None
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        name, kind = found.get("name"), found.get("type")
        if tag == "textarea" and name:
            self._area, self.values[name] = name, ""
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
