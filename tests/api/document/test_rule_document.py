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
from tests.support.uploads import PDF_BLOCK, PHOTO_NAMED, PICTURE_BLOCK

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


def test_a_photo_and_files_are_kept_as_they_are_named() -> None:
    blocks = [PICTURE_BLOCK, PDF_BLOCK]
    document = small_document(
        community={"name": "Library", "photo": PHOTO_NAMED},
        decisions=[{"own": "own-1", "title": "Vote", "blocks": blocks}],
    )
    plain = read_document(document).to_json()
    assert plain["community"]["photo"] == PHOTO_NAMED
    assert plain["decisions"][0]["blocks"] == blocks
    assert "photo" not in read_document(small_document()).to_json()["community"]


ELSEWHERE = [
    *("https://evil.example/a.webp", "javascript:alert(1)", "data:image/png;base64,AAAA", "//evil.example/a.webp", ""),
    *("../../etc/passwd", f"/api/uploads/{'0a' * 32}.webp", f"{'0a' * 32}", f"{'0A' * 32}.webp", f"{'0a' * 31}.webp"),
    *(
        f"{'0a' * 32}.svg",
        f"{'0a' * 32}.html",
        f"{'0a' * 32}.webp\n",
        f"{'0a' * 32}.webp?x",
        f"{'0a' * 32}.WEBP",
        5,
        None,
    ),
]


@pytest.mark.parametrize("upload", ELSEWHERE, ids=repr)
def test_only_what_was_uploaded_here_can_be_shown(upload: Any) -> None:
    for document, path in (
        (small_document(community={"name": "x", "photo": {**PHOTO_NAMED, "upload": upload}}), "community.photo.upload"),
        (
            small_document(decisions=[{"own": "own-1", "title": "x", "blocks": [{**PICTURE_BLOCK, "upload": upload}]}]),
            "decisions.0.blocks.0.upload",
        ),
    ):
        with pytest.raises(Invalid) as problem:
            read_document(document)
        assert list((problem.value.details or {})["fieldErrors"]) == [path]


@pytest.mark.parametrize(
    ("block", "words"),
    [
        ({**PICTURE_BLOCK, "width": None}, "without its width and height"),
        ({**PDF_BLOCK, "width": 3, "height": 4}, "is no picture"),
        ({**PDF_BLOCK, "height": 4}, "is no picture"),
        ({**PICTURE_BLOCK, "width": 0}, "is less than 1"),
        ({**PICTURE_BLOCK, "height": 2049}, "is more than 2048"),
        ({**PICTURE_BLOCK, "width": "400"}, "is not a whole number"),
        ({**PDF_BLOCK, "name": " "}, "is empty"),
        ({**PDF_BLOCK, "url": "https://evil.example"}, "is not part of a rule document"),
    ],
)
def test_a_picture_has_a_size_and_nothing_else_has(block: dict[str, Any], words: str) -> None:
    with pytest.raises(Invalid, match=words):
        read_document(small_document(decisions=[{"own": "own-1", "title": "x", "blocks": [block]}]))


def test_a_pdf_is_no_photo() -> None:
    with pytest.raises(Invalid, match=r"community\.photo\.upload"):
        read_document(small_document(community={"name": "x", "photo": {**PHOTO_NAMED, "upload": PDF_BLOCK["upload"]}}))
