"""GET /api/reports/new: the form, the same for every address that a rule can have."""

import re
from dataclasses import replace

import pytest

from tests.support.cast import ADA, Stage
from tests.support.documents import small_document

DOOR = "/api/reports/new"


def test_the_form(stage: Stage) -> None:
    answer = stage.client().simulate_get(DOOR, params={"rule": "tool-library-abc123"})
    assert answer.status_code == 200
    for part in (
        *(
            'href="/rules/tool-library-abc123/"',
            "<legend>What is wrong?</legend>",
            'label for="words"',
            'label for="email"',
        ),
        *('name="rule" value="tool-library-abc123"', "cannot promise"),
    ):
        assert part in answer.text, part
    assert re.findall(r'name="reason" value="(\w+)"', answer.text) == ["private", "hostile", "spam", "copied", "other"]


def test_it_does_not_tell_what_exists(stage: Stage) -> None:
    """Byte for byte the same for a rule, for one that was taken back, and for none."""
    ada = stage.signed_in(ADA)
    rules = [ada.simulate_post("/api/rules", json={"document": small_document()}).json["rule"] for _ in range(2)]
    ada.simulate_delete(f"/api/rules/{rules[1]['id']}/publication")
    slugs = [rule["slug"] for rule in rules] + ["no-such-rule-abc234"]
    pages = [stage.client().simulate_get(DOOR, params={"rule": slug}) for slug in slugs]
    assert {page.status_code for page in pages} == {200}
    assert len({page.text.replace(slug, "") for page, slug in zip(pages, slugs, strict=True)}) == 1


@pytest.mark.parametrize("rule", ["", "../etc", "Tool Library", "a" * 101, "a\0b", '"><script>', "-", "x\n"])
def test_what_cannot_be_a_rules_address(stage: Stage, rule: str) -> None:
    answer = stage.client().simulate_get(DOOR, params={"rule": rule}, headers={"Accept": "text/html"})
    assert answer.status_code == 400
    assert "Which rule do you mean?" in answer.text
    assert "<script>" not in answer.text


def test_without_operators_it_says_so_before_anything_is_typed(stage: Stage) -> None:
    bare = Stage.of(replace(stage.parts, config=replace(stage.parts.config, operator_emails=frozenset())))
    answer = bare.client().simulate_get(DOOR, params={"rule": "a"})
    assert (answer.status_code, answer.json["error"]["code"]) == (500, "server_misconfigured")
