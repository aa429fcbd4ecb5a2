"""A rule's text as it is read: what a percentage is called in words."""

import pytest

from rulepages.rule_text import method_details
from tests.support.documents import catalogue


def share(percent: int) -> str:
    known = catalogue()
    (detail,) = method_details(known.section("decisions"), {"fields": {"consensus-level": percent}})
    assert (detail.label, detail.percent) == ("Consensus level", percent)
    return detail.share


@pytest.mark.parametrize(
    ("percent", "words"),
    [
        (0, "none"),
        (49, "fewer than half"),
        (50, "half"),
        (51, "more than half"),
        (67, "two in three"),
        (75, "three in four"),
        (99, "more than half"),
        (100, "all of us"),
    ],
)
def test_a_percentage_in_words(percent: int, words: str) -> None:
    assert share(percent) == words


def test_levels_of_the_catalogue_are_told_apart_in_words() -> None:
    levels = {method.fields["consensus-level"] for method in catalogue().methods_of("decisions")}
    assert levels == {0, 51, 67, 100}
    assert len({share(level) for level in levels if isinstance(level, int)}) == len(levels)
