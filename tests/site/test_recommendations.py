"""Recommendations: rare fits count, the reason is true, and the page's ranking is the server's."""

import gzip
import json
import shutil
import subprocess
from collections import Counter
from pathlib import Path

import pytest

from api import ROOT
from rulepages.catalogue import METHOD_SECTIONS
from rulepages.recommendations import Recommendation, decks_of, method_deck, rank, recommendation_data, template_deck
from tests.bench.recommendations import DOCUMENT, PICTURE, deals, picture, tables
from tests.support.documents import catalogue
from tests.support.facets import several_choices, single_choices

JAVASCRIPT = ROOT / "site" / "theme" / "static" / "js" / "recommendations.js"
WORDS = {"small": "few members", "local": "local reach", "open": "open-source projects"}
DECKS = decks_of(catalogue())


def test_a_rare_fit_counts_more_than_one_that_most_share() -> None:
    deck = method_deck(WORDS, {"a": ["local"], "b": ["local"], "c": ["small", "local"], "d": ["open"]})
    assert deck.weights == {"small": 2000, "local": 415, "open": 2000}
    found = rank(deck, ["local", "small"])
    assert [(r.id, r.score) for r in found] == [("c", 2415), ("a", 415), ("b", 415), ("d", 0)]
    assert found[0].matched == ("small", "local")
    assert [r.reason for r in found] == ["Fits few members and local reach", "Fits local reach", "Fits local reach", ""]


def test_what_everything_fits_tells_nothing() -> None:
    deck = method_deck(WORDS, {"b": ["local", "open"], "a": ["local"]})
    assert rank(deck, ["local"]) == [Recommendation("b", 0, ("local",)), Recommendation("a", 0, ("local",))]


def test_without_a_choice_it_is_the_catalogues_order() -> None:
    for name, deck in DECKS.items():
        for chosen in ((), ("nothing-we-know", "")):
            assert rank(deck, chosen) == [Recommendation(card.id) for card in deck.cards], name
    assert [card.id for card in DECKS["templates"].cards] == [template.id for template in catalogue().templates]


def test_of_equal_scores_the_one_that_fits_fewer_is_first() -> None:
    deck = method_deck(WORDS, {"wide": ["small", "open"], "narrow": ["small"], "none": []})
    assert [r.id for r in rank(deck, ["small"])] == ["narrow", "wide", "none"]
    assert [r.score for r in rank(deck, ["small"])] == [585, 585, 0]


def test_of_equal_templates_the_one_whose_methods_fit_is_first() -> None:
    methods = {"one": [["open"]], "two": [["small"], ["small"]], "three": [["small"]]}
    deck = template_deck(
        WORDS, {"one": ["small"], "two": ["small"], "three": ["small"], "four": []}, methods | {"four": []}
    )
    assert [r.id for r in rank(deck, ["small"])] == ["two", "three", "one", "four"]


def test_several_values_of_one_facet_add_up() -> None:
    deck = DECKS["decisions"]
    one, other = (dict.fromkeys([value]) for value in ("six-to-twelve", "thirteen-to-one-hundred"))
    scores = {r.id: r.score for r in rank(deck, [*one, *other])}
    singly = [{r.id: r.score for r in rank(deck, list(choice))} for choice in (one, other)]
    assert scores == {id: (singly[0][id] or 0) + (singly[1][id] or 0) for id in scores}
    assert len(set(scores.values())) == 4


def test_a_reason_names_exactly_what_fits() -> None:
    for section in METHOD_SECTIONS:
        for chosen in single_choices():
            for found in rank(DECKS[section], chosen):
                fits = catalogue().methods[section, found.id].fits
                assert set(found.matched) == set(chosen) & set(fits)
                assert bool(found.reason) == bool(found.score)
    best = rank(DECKS["decisions"], ["six-to-twelve", "mutual-aid"])[0]
    assert best.reason == "Fits mutual aid and 6 to 12 members"


def test_the_page_ranks_as_the_server_does() -> None:
    if not (node := shutil.which("node")):
        pytest.skip("node is not installed")
    cases = [*single_choices(), *several_choices(500, seed=5)]
    assert len(cases) == 1550
    data = recommendation_data(DECKS)
    result = subprocess.run(
        [node, Path(__file__).parent / "recommendations.mjs", JAVASCRIPT],
        input=json.dumps({"data": json.loads(data), "cases": cases}),
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    lines = result.stdout.split("\n")
    assert len(lines) == len(cases)
    for chosen, line in zip(cases, lines, strict=True):
        here = [[_plain(r) for r in rank(deck, chosen)] for deck in DECKS.values()]
        assert json.loads(line) == here, chosen


def _plain(found: Recommendation) -> dict[str, object]:
    return {"id": found.id, "score": found.score, "matched": list(found.matched), "reason": found.reason}


def test_the_pages_part_is_small() -> None:
    assert len(gzip.compress(recommendation_data(DECKS).encode(), 4)) <= 6 * 1024
    assert len(gzip.compress(JAVASCRIPT.read_bytes(), 4)) <= 1536


def test_no_template_is_first_too_often_and_none_never() -> None:
    cases = single_choices()
    assert len(cases) == 1050
    first = Counter(rank(DECKS["templates"], chosen)[0].id for chosen in cases)
    assert max(first.values()) <= 0.35 * len(cases)
    assert set(first) == {template.id for template in catalogue().templates}


def test_the_first_fits_as_much_as_any() -> None:
    for name, deck in DECKS.items():
        for chosen in single_choices()[1:]:
            found = rank(deck, chosen)
            assert len(found[0].matched) == max(len(r.matched) for r in found), (name, chosen)


def test_the_document_and_its_picture_show_the_catalogue_as_it_is() -> None:
    """When this fails after a change in seed_data/: `scripts/bench recommendations`, and look at what changed."""
    found = deals()
    assert tables(found) in DOCUMENT.read_text()
    assert PICTURE.read_text() == picture(found)
