"""What blind readers wrote, counted. The texts may have been polished since; the order of a sheet depends on titles."""

import json
from pathlib import Path

import pytest

from rulepages.catalogue import SECTIONS
from tests.blind_check.sheets import MASK, masked, shuffled, titles_of

ANSWERS = Path(__file__).parent / "answers"
WANTED = 0.95


@pytest.mark.parametrize("section", SECTIONS)
def test_readers_know_which_text_is_which(section: str) -> None:
    answers = json.loads((ANSWERS / f"{section}.json").read_text())
    right = {str(number): title for number, (title, _) in enumerate(shuffled(section), start=1)}
    assert set(answers) == set(right)
    assert sorted(right.values()) == titles_of(section)
    misses = {right[number]: answers[number] for number in right if answers[number] != right[number]}
    assert len(misses) <= (1 - WANTED) * len(right), misses


def test_the_words_of_a_title_are_masked_with_their_endings() -> None:
    assert masked("Lazy Consensus", "By consensus; the consensuses of the Lazy.").count(MASK) == 3


def test_every_sheet_hides_its_titles() -> None:
    for section in SECTIONS:
        for title, text in shuffled(section):
            assert title.lower() not in text.lower(), title
