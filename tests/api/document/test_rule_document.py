"""The one rule document: what goes in comes out, and out again the same."""

import json
import unicodedata
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.document.canonical_json import canonical_json, sha256_of
from api.document.plain_form import read_controls
from api.document.reading import read_document
from api.errors import Invalid
from rulepages.plain_form import plain_form
from tests.support.documents import catalogue, full_document, small_document
from tests.support.hostile import HOSTILE, lines, texts

entry_ids = st.integers(1, 99).map(lambda number: {"own": f"own-{number}"})
values = st.lists(
    st.builds(lambda id, title, meaning: {**id, "title": title, "meaning": meaning}, entry_ids, lines(), texts()),
    max_size=4,
    unique_by=lambda value: value["own"],
)
fields = st.dictionaries(
    st.sampled_from(["core-principle", "applicable-scope", "consensus-level", "step-by-step-instructions"]),
    st.one_of(texts(), st.integers(0, 100), st.lists(lines(), max_size=3)),
    max_size=3,
)
methods = st.lists(
    st.builds(
        lambda id, title, summary, fields: {**id, "title": title, "summary": summary, "fields": fields},
        *(entry_ids, lines(), texts(), fields),
    ),
    max_size=3,
    unique_by=lambda method: method["own"],
)


@st.composite
def documents(draw: st.DrawFn) -> dict[str, Any]:
    """Any document that can be published."""
    return {
        "schema": 1,
        "language": draw(st.sampled_from(["en", "ar", "zh-Hant", "pt-BR"])),
        "community": {"name": draw(lines()), "context": draw(texts(400))},
        "values": [{"own": "own-100", "title": draw(lines())}, *draw(values)],
        **{section: draw(methods) for section in ("communication", "membership", "decisions", "conflict")},
    }


@given(documents())
def test_reading_is_idempotent(plain: dict[str, Any]) -> None:
    once = read_document(plain).to_json()
    assert read_document(once).to_json() == once
    assert json.loads(canonical_json(once)) == once


@given(documents())
def test_the_plain_form_gives_back_what_it_shows(plain: dict[str, Any]) -> None:
    """Rendered as controls and read back, a document is the same, but for facets, which the form does not show."""
    document = read_document(plain).to_json()
    known = {(section.id, field.id): field.kind for section in catalogue().sections for field in section.fields}
    for section in ("communication", "membership", "decisions", "conflict"):
        for method in document.get(section, []):
            method["fields"] = {
                id: value for id, value in method["fields"].items() if _fits(known.get((section, id)), value)
            }
    groups = plain_form(catalogue(), document=document)["groups"]
    controls = {
        "community.name": document["community"]["name"],
        "community.context": document["community"]["context"],
        **{name: value for group in groups for entry in group.entries for name, value in entry.hidden},
        **{control.name: control.value for group in groups for entry in group.entries for control in entry.controls},
    }
    back = read_document({**read_controls(controls, catalogue()), "language": document["language"]}).to_json()
    assert back == read_document(document).to_json()


def _fits(kind: str | None, value: object) -> bool:
    """What a control of that kind can hold."""
    if kind == "list":
        return isinstance(value, list) and bool(value)
    if kind == "percent":
        return isinstance(value, int)
    return kind == "text" and isinstance(value, str)


def test_canonical_json_is_ordered_by_utf16() -> None:
    # U+10000 is written with surrogates, which sort before U+E000: RFC 8785 orders by code units.
    assert canonical_json({"\ue000": 1, "\U00010000": 2, "a": [1, {"c": 1, "b": 2}]}) == (
        '{"a":[1,{"b":2,"c":1}],"\U00010000":2,"\ue000":1}'
    )
    assert sha256_of("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    with pytest.raises(TypeError):
        canonical_json({"a": 1.5})


def test_a_full_document_is_full() -> None:
    document = read_document(full_document("Full")).to_json()
    assert len(canonical_json(document).encode()) >= 25_000
    assert len(document["values"]) == 5
    assert sum(len(document[section]) for section in ("communication", "membership", "decisions", "conflict")) == 8


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_only_text(text: str) -> None:
    document = read_document(small_document(conflict=[{"own": "own-1", "title": "x", "summary": text}])).to_json()
    assert document["conflict"][0]["summary"].split() == unicodedata.normalize("NFC", text).split()


@pytest.mark.parametrize("text", ["a\x00b", "a\x1bb", "\x7f", "\ufffe", "\U0001ffff", "\x85x\x86"])
def test_what_cannot_be_printed_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        read_document(small_document(conflict=[{"own": "own-1", "title": "x", "summary": text}]))


def test_spellings_of_the_same_text_are_one() -> None:
    one = read_document(small_document("Cafe\u0301\u00a0 Rouge\r\n")).to_json()
    assert one["community"]["name"] == "Caf\u00e9 Rouge"
