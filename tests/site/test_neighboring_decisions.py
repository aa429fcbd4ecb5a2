"""The cases that tell neighboring methods apart: three for each pair, and each ends differently under the two."""

import re

import pytest

from api import ROOT
from tests.support.documents import catalogue

TEXT = (ROOT / "docs" / "neighboring-methods-decisions.md").read_text()
PAIRS = dict(re.findall(r"^## (.+?)\n(.*?)(?=^## |\Z)", TEXT, re.MULTILINE | re.DOTALL))


def test_every_pair_once() -> None:
    assert len(PAIRS) == len(re.findall(r"^## ", TEXT, re.MULTILINE)) >= 12
    assert len({frozenset(title.split(" or ")) for title in PAIRS}) == len(PAIRS)


@pytest.mark.parametrize("pair", PAIRS)
def test_three_cases_that_end_differently(pair: str) -> None:
    sections = [{m.title for m in catalogue().methods_of(section)} for section in ("decisions", "communication")]
    one, other = pair.split(" or ")
    assert one != other
    assert any({one, other} <= titles for titles in sections)
    cases = re.split(r"^(?=\*\*)", PAIRS[pair], flags=re.MULTILINE)[1:]
    assert len(cases) == 3
    for case in cases:
        ends = re.findall(r"^- \*(.+?)\*: (.+?)(?=^- |\Z)", case, re.MULTILINE | re.DOTALL)
        assert [title for title, _ in ends] == [one, other]
        assert ends[0][1].strip() != ends[1][1].strip()
