"""The catalogue's words: all facts are there, and the texts keep to what was agreed about them."""

import json
import re
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path

import pytest

from rulepages.catalogue import METHOD_SECTIONS, SECTIONS, Method, Template
from tests.support.documents import catalogue

FACTS = json.loads((Path(__file__).parent / "catalogue_facts.json").read_text())
METHOD_PARTS = ["When it fits", "When it does not", "In practice", "A known pitfall"]
TEMPLATE_PARTS = ["What it is", "An example day", "Strengths", "Risks", "First three steps"]
PLACEHOLDERS = re.compile(r"\[[^\]]*\]|\bTBD\b|\bTODO\b|\blorem\b|<[a-z]+>|_{3,}|X{3,}", re.IGNORECASE)
FOG = (
    *("—", "–", "!", "important to", "leverage", "robust", "foster", "seamless", "holistic", "synergy", "empower"),
    *(
        "delve",
        "in today’s",
        "ensure that everyone feels",
        "utilize",
        "crucial",
        "vibrant",
        "cutting-edge",
        "game-chang",
    ),
    *("journey of", "at the end of the day", "best practice", "going forward", "not just"),
)
SHARED_WORDS = 8  # two texts may not share so many words in a row
GRADE = 11.0
OTHER_LEVELS = {
    "hierarchical-decision-making": 0,  # the facts leave it open; no count of votes decides
    "lottery-sortition": 67,  # the default text asks for eight of twelve, where the facts say 0
}

METHODS = list(catalogue().methods.values())
TEMPLATES = list(catalogue().templates)
every_method = pytest.mark.parametrize("method", METHODS, ids=lambda m: f"{m.section}/{m.id}")
every_template = pytest.mark.parametrize("template", TEMPLATES, ids=lambda t: t.id)


def words_of_method(method: Method) -> str:
    fields = [value for value in method.fields.values() if isinstance(value, str)]
    return "\n\n".join([method.summary, *fields, *method.parts.values()])


def words_of_template(template: Template) -> str:
    return "\n\n".join([template.summary, *template.parts.values()])


def texts() -> Iterator[tuple[str, str]]:
    for method in METHODS:
        yield f"{method.section}/{method.id}", words_of_method(method)
    for template in TEMPLATES:
        whys = [choice.why for choices in template.composition.values() for choice in choices]
        yield f"templates/{template.id}", "\n\n".join([words_of_template(template), *whys])
    for value in catalogue().values.values():
        yield f"values/{value.id}", f"{value.meaning}\n\n{value.practice}"


def test_all_facts_are_there() -> None:
    known = catalogue()
    assert [[value.id, value.title] for value in known.values.values()] == FACTS["values"]
    for section in METHOD_SECTIONS:
        found = [[m.id, m.title, m.order] for m in METHODS if m.section == section]
        assert found == sorted(FACTS["methods"][section], key=lambda row: row[2])
    for fact in FACTS["templates"]:
        template = known.template(fact["id"])
        assert template is not None
        assert (template.title, template.order, template.home or None) == (fact["title"], fact["order"], fact["home"])
        composition = {section: [choice.id for choice in template.composition[section]] for section in SECTIONS}
        assert composition == fact["composition"]


def test_consensus_levels() -> None:
    levels = {method.id: method.fields["consensus-level"] for method in METHODS if method.section == "decisions"}
    assert levels == FACTS["levels"] | OTHER_LEVELS


def test_the_facts_of_facets_and_fields() -> None:
    known = catalogue()
    assert {facet.id: [value.id for value in facet.values] for facet in known.facets} == FACTS["facets"]
    fields = {section: [[f.id, f.kind] for f in known.section(section).fields] for section in METHOD_SECTIONS}
    assert fields == FACTS["fields"]


def test_every_cell_of_the_two_matrices() -> None:
    known, columns = catalogue(), FACTS["matrix"]["columns"]
    rows = {section: {m.id: m.fits for m in known.methods_of(section)} for section in METHOD_SECTIONS}
    rows["templates"] = {template.id: template.fits for template in known.templates}
    cells = {
        part: {id: "".join("01"[value in fits] for value in columns) for id, fits in entries.items()}
        for part, entries in rows.items()
    }
    assert cells == {part: FACTS["matrix"][part] for part in rows}
    assert sum(len(row) for part in cells.values() for row in part.values()) == (81 + 13) * 19


@every_method
def test_a_methods_shape(method: Method) -> None:
    assert list(method.parts) == METHOD_PARTS
    assert 40 <= len(method.summary) <= 160
    assert 2 <= len(method.related) <= 4
    assert method.id not in method.related
    for id, value in method.fields.items():
        if isinstance(value, str):
            assert 300 <= len(value) <= 1900, id
        elif isinstance(value, list):
            assert 3 <= len(value) <= 8, id
            assert all(0 < len(item) <= 80 for item in value), id
        else:
            assert 0 <= value <= 100
    assert 4000 <= len(words_of_method(method)) <= 5600


@every_template
def test_a_templates_shape(template: Template) -> None:
    assert list(template.parts) == TEMPLATE_PARTS
    assert 40 <= len(template.summary) <= 160
    for choices in template.composition.values():
        for choice in choices:
            assert 30 <= len(choice.why) <= 200
            assert choice.why.endswith(".")


def test_values_have_a_meaning_and_a_practice() -> None:
    for value in catalogue().values.values():
        assert 90 <= len(value.meaning) <= 520, value.id
        assert 90 <= len(value.practice) <= 520, value.id


@pytest.mark.parametrize(("name", "text"), list(texts()), ids=[name for name, _ in texts()])
def test_plain_words(name: str, text: str) -> None:
    assert not PLACEHOLDERS.search(text), PLACEHOLDERS.search(text)
    found = [words for words in FOG if words in text.lower()]
    assert found == []
    if not name.startswith("values/"):
        assert reading_grade(text) <= GRADE


def test_no_two_texts_share_a_sentence() -> None:
    shingled = {name: _shingles(text) for name, text in texts()}
    shared = {
        (one, other): sorted(shingled[one] & shingled[other])[0]
        for one, other in combinations(shingled, 2)
        if shingled[one] & shingled[other]
    }
    assert shared == {}


def _shingles(text: str) -> set[tuple[str, ...]]:
    words = re.findall(r"[a-z0-9’]+", text.lower())
    return {tuple(words[i : i + SHARED_WORDS]) for i in range(len(words) - SHARED_WORDS + 1)}


def reading_grade(text: str) -> float:
    """Flesch-Kincaid grade level, with syllables guessed from vowels."""
    words = re.findall(r"[A-Za-z’]+", text)
    sentences = max(1, len(re.findall(r"[.?:](?:[”’)]*)(?:\s|$)", text)))
    syllables = sum(_syllables(word) for word in words)
    return 0.39 * len(words) / sentences + 11.8 * syllables / len(words) - 15.59


def _syllables(word: str) -> int:
    silent = word.lower().endswith("e") and len(word) > 3
    return max(1, len(re.findall(r"[aeiouy]+", word.lower())) - silent)
