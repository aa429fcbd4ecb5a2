"""“Which fits you?” on a page that nobody has asked yet, and the data that goes with it."""

import gzip
import json
import re

import pytest

from rulepages.catalogue import METHOD_SECTIONS
from rulepages.fitting import fitting
from rulepages.recommendations import decks_of, recommendation_data
from rulepages.text import data_block
from tests.support.documents import catalogue


@pytest.mark.parametrize("name", [*METHOD_SECTIONS, "templates"])
def test_the_static_page_is_in_its_usual_order_and_says_nothing(name: str) -> None:
    fit = fitting(catalogue(), name, None)
    assert list(fit.order) == [card.id for card in decks_of(catalogue())[name].cards]
    assert (fit.asked, fit.said, fit.reasons, fit.chosen) == (False, "", {}, frozenset())


@pytest.mark.parametrize("name", [*METHOD_SECTIONS, "templates"])
def test_a_page_has_the_data_of_its_own_deck_only(name: str) -> None:
    text = fitting(catalogue(), name, None).data
    assert json.loads(text) == json.loads(recommendation_data({name: decks_of(catalogue())[name]}))
    assert list(json.loads(text)["decks"]) == [name]
    assert len(gzip.compress(text.encode(), 4)) <= 1536


def test_the_first_three_that_fit_are_named() -> None:
    titles = {template.id: template.title for template in catalogue().templates}
    fit = fitting(catalogue(), "templates", ["mutual-aid", "nope"])
    first, second, third = (titles[id] for id in fit.order[:3])
    assert fit.said == f"The best fit comes first: {first}, then {second} and {third}."
    assert fit.chosen == {"mutual-aid"}


def test_words_cannot_leave_the_data() -> None:
    hostile = json.dumps({"words": "</script><!--<script>&\u2028"}, ensure_ascii=False)
    text = data_block(hostile)
    assert not re.search("[<>&\u2028]", text)
    assert json.loads(text) == json.loads(hostile)
