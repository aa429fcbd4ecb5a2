"""The pairs of methods that people confuse: each has three cases, and each case tells how both methods end it."""

import re
from itertools import permutations

import pytest

from api import ROOT
from rulepages.catalogue import SECTIONS
from tests.support.documents import catalogue

TEXT = (ROOT / "docs" / "neighboring-methods-people.md").read_text()
PAIRS = [
    (section.splitlines()[0].lower(), pair)
    for section in re.split(r"^## ", TEXT, flags=re.MULTILINE)[1:]
    for pair in re.split(r"^### ", section, flags=re.MULTILINE)[1:]
]


def test_there_are_pairs_of_both_sections() -> None:
    assert {section for section, _ in PAIRS} == {"membership", "conflict"} <= set(SECTIONS)
    assert len(PAIRS) >= 12


@pytest.mark.parametrize(("section", "pair"), PAIRS, ids=[pair.splitlines()[0] for _, pair in PAIRS])
def test_a_pair_has_three_cases_that_end_differently(section: str, pair: str) -> None:
    heading, _, body = pair.partition("\n")
    titles = [method.title for method in catalogue().methods_of(section)]
    both = [names for names in permutations(titles, 2) if heading == " or ".join(names)]
    assert len(both) == 1, f"{heading} does not name two methods of {section}"
    cases = re.split(r"^\d\. ", body, flags=re.MULTILINE)[1:]
    assert len(cases) == 3
    for case in cases:
        plain = " ".join(case.split())
        _, first, one_end, second, other_end = re.split(r"\*\*(.+?):\*\*", plain)
        assert (first, second) == both[0], plain
        assert one_end.strip() != other_end.strip()
        assert min(len(one_end), len(other_end)) > 15, plain
