"""The draft document, and what is still missing in one."""

from typing import Any

import pytest
from hypothesis import given, settings

from api.document.canonical_json import canonical_json
from api.document.draft_document import DRAFT_BYTES, read_draft
from api.document.gaps import NO_NAME, NOTHING_WRITTEN, gaps
from api.document.reading import read_document
from api.document.rule_document import RuleDocument
from api.errors import Invalid, TooLarge
from tests.support.documents import catalogue, full_document, small_document
from tests.support.drafts import draft_documents
from tests.support.rule_documents import rule_documents


@given(rule_documents())
def test_what_is_published_is_a_draft_as_it_stands(document: RuleDocument) -> None:
    plain = document.to_json()
    assert read_draft(plain) == plain
    assert gaps(plain) == []


@given(draft_documents())
def test_reading_is_idempotent(plain: dict[str, Any]) -> None:
    once = read_draft(plain)
    assert read_draft(once) == once
    assert canonical_json(once)


@settings(max_examples=300)
@given(draft_documents())
def test_no_gap_means_that_it_can_be_published(plain: dict[str, Any]) -> None:
    draft = read_draft(plain)
    missing = gaps(draft)
    assert len(set(missing)) == len(missing)
    written = any(draft.get(section) for section in ("values", "communication", "membership", "decisions", "conflict"))
    if draft.get("template") and not written:
        draft = {**draft, "values": [{"own": "own-1", "title": "From the template"}]}
    try:
        read_document(draft)
    except Invalid:
        assert missing
    else:
        assert missing == []


def test_what_is_not_there_stays_absent() -> None:
    for plain in ({}, {"community": {}}, {"values": [{}], "decisions": []}, {"community": {"name": ""}}):
        assert read_draft(plain) == plain


def test_gaps_come_in_the_order_in_which_one_sees_to_them() -> None:
    assert gaps({}) == [NO_NAME, NOTHING_WRITTEN]
    assert gaps({"community": {"name": " \u200b"}, "template": "consensus"}) == [NO_NAME]
    draft = read_draft(
        {
            "community": {"name": "x" * 81, "context": "y" * 401},
            "values": [{"own": "own-1"}, {"own": "own-2", "title": "Care", "meaning": "z" * 8001}],
            "decisions": [{"title": "We talk", "fields": {"consensus-level": 120}}],
            "conflict": [
                {"own": "own-1", "title": "Ask twice", "blocks": [{"kind": "list", "title": "Who", "percent": 3}]},
                {"own": "own-1", "title": "Ask again"},
            ],
        }
    )
    assert gaps(draft) == [
        "The name of your community is longer than 80 characters.",
        "What you say about your community is longer than 400 characters.",
        "Value 1 has no title yet.",
        "“Care”: its meaning is longer than 8000 characters.",
        "“We talk” under Decisions: its consensus level is more than 100.",
        "“Ask twice” under Conflict: part 1 of its own details is not complete.",
    ]
    assert gaps({"community": {"name": "A"}, "decisions": [{"title": "We talk"}]}) == [
        "“We talk” under Decisions has no id of its own, or two."
    ]
    assert gaps({"community": {"name": "A"}, "values": [{"own": "a", "title": "x"}, {"own": "a", "title": "y"}]}) == [
        "Values names the same value or method twice."
    ]


@pytest.mark.parametrize(
    ("plain", "path"),
    [
        ({"title": "Tools"}, "title"),  # the shape of the API before this one
        ({"selectedCoreValueIds": ["1"]}, "selectedCoreValueIds"),
        ({"community": None}, "community"),
        ({"community": {"name": None}}, "community.name"),
        ({"community": {"name": "a\x00b"}}, "community.name"),
        ({"community": {"name": "x" * 8001}}, "community.name"),
        ({"values": [{"title": "x", "icon": "y"}]}, "values.0.icon"),
        ({"values": [{}] * 101}, "values"),
        ({"decisions": [{"fields": {"a": 1.5}}]}, "decisions.0.fields.a"),
        ({"decisions": [{"fields": {"a": True}}]}, "decisions.0.fields.a"),
        ({"decisions": [{"summary": "x" * 50_001}]}, "decisions.0.summary"),
        ({"template": "../x"}, "template"),
        ({"language": "English"}, "language"),
        ({"schema": 2}, "schema"),
        ([], ""),
        ("text", ""),
    ],
)
def test_another_shape_is_refused_by_its_path(plain: Any, path: str) -> None:
    with pytest.raises(Invalid) as caught:
        read_draft(plain)
    assert caught.value.details is not None
    if path:
        assert list(caught.value.details["fieldErrors"]) == [path]
    else:
        assert caught.value.details["formErrors"]


def test_its_size_is_bounded() -> None:
    texts = [{"title": f"{n}", "summary": "集" * 17_000} for n in range(11)]
    assert len(canonical_json(read_draft({"decisions": texts[:10]})).encode()) <= DRAFT_BYTES
    with pytest.raises(TooLarge):
        read_draft({"decisions": texts})


def test_every_template_and_every_method_fit_into_a_draft() -> None:
    known = catalogue()
    for template in known.templates:
        document = {**full_document("Tools"), **known.document(template)}
        assert read_draft(read_draft(document)) == read_draft(document)
        assert gaps(document) == []
    for section, id in known.methods:
        assert gaps(read_draft({"community": {"name": "A"}, section: [known.entry(section, id)]})) == []
    assert gaps(read_draft(small_document())) == []
