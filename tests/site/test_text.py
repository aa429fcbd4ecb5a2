"""Author text as HTML: escaped, with paragraphs and lists, and nothing else."""

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given

from rulepages.text import curly, date_words, paragraphs
from tests.support.hostile import HOSTILE, texts

ALLOWED = {"p", "br", "ul", "ol", "li"}


class Tags(HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.text += " "
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        self.text += data


@given(texts(500))
def test_no_tag_but_ours_and_no_attribute_at_all(text: str) -> None:
    found = Tags(str(paragraphs(text)))
    assert found.tags <= ALLOWED
    assert {name for name, _ in found.attributes} <= {"value"}  # a list item's number
    assert all(value is not None and value.isdecimal() for _, value in found.attributes)


@given(texts(500))
def test_no_word_is_lost(text: str) -> None:
    def words(value: str) -> list[str]:
        return re.findall(r"\w+", value)

    found = Tags(str(paragraphs(text)))
    kept = {*words(found.text), *(str(value) for _, value in found.attributes)}
    for word in set(words(text)) - kept:
        assert word.isdecimal()  # a list item's number that the browser counts itself


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("one", "<p>one</p>"),
        ("one\ntwo", "<p>one<br>\ntwo</p>"),
        ("one\n\ntwo", "<p>one</p>\n<p>two</p>"),
        ("- a\n- b", "<ul><li>a</li><li>b</li></ul>"),
        ("First:\n1. a\n2) b", "<p>First:</p>\n<ol><li>a</li><li>b</li></ol>"),
        ("3. c\n4. d\n9. e", '<ol><li value="3">c</li><li>d</li><li value="9">e</li></ol>'),
        ("<b>", "<p>&lt;b&gt;</p>"),
        ("", ""),
    ],
)
def test_shapes(text: str, html: str) -> None:
    assert str(paragraphs(text)) == html


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile(text: str) -> None:
    assert Tags(str(paragraphs(text))).tags <= ALLOWED


@pytest.mark.parametrize(
    ("typed", "printed"),
    [
        ('She says "yes", they don\'t.', "She says “yes”, they don’t."),
        ("'quiet'", "‘quiet’"),
        ('("one")', "(“one”)"),
        ('"a"\n"b"', "“a”\n“b”"),
        ("members' meeting", "members’ meeting"),
        ('write "+1" or "no"', "write “+1” or “no”"),
    ],
)
def test_quotes_are_curly(typed: str, printed: str) -> None:
    assert curly(typed) == printed


def test_dates_are_words() -> None:
    assert date_words("2026-11-04T09:30:00Z") == "4 November 2026"
