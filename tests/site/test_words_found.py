"""Search in what the site itself offers."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rulepages.fixed_pages import fixed_pages
from rulepages.search import (
    ARTICLES,
    KINDS,
    METHODS,
    RULES,
    TEMPLATES,
    VALUES,
    Entry,
    Hit,
    entries_of,
    find_entries,
    fold,
)
from tests.support.sites import environment, site


@pytest.fixture(scope="module")
def entries() -> Sequence[Entry]:
    return entries_of(site())


def made(*texts: tuple[str, str, str]) -> list[Entry]:
    """Entries with a title, a summary and a text in small letters."""
    return [
        Entry(
            Hit(METHODS, title, f"/{title}/", summary),
            (f" {title}", f" {title} {summary}", f" {title} {summary} {text}"),
        )
        for title, summary, text in texts
    ]


def titles(hits: list[Hit]) -> list[str]:
    return [hit.title for hit in hits]


def test_everything_that_the_site_offers_is_found_by_its_title(entries: Sequence[Entry]) -> None:
    known = site().catalogue
    count = len(known.templates) + len(known.methods) + len(known.values) + len(site().content.articles)
    assert len(entries) == count
    for entry in entries:
        found = find_entries(entries, entry.hit.title)
        assert entry.hit in [hit for hit in found[:3] if hit.title == entry.hit.title]


def test_every_address_is_a_page(entries: Sequence[Entry]) -> None:
    paths = {f"/{page.path.removesuffix('index.html')}" for page in fixed_pages(site())}
    of_rows = {f"/templates/{t.id}/" for t in site().catalogue.templates}
    of_rows |= {f"/methods/{section}/{id}/" for section, id in site().catalogue.methods}
    assert {entry.hit.address.partition("#")[0] for entry in entries} <= paths | of_rows
    assert {entry.hit.kind for entry in entries} == {*KINDS} - {RULES}


def test_what_is_called_so_comes_first_then_titles_then_summaries_then_texts() -> None:
    entries = made(
        ("a", "b", "soup"),
        ("c", "soup", "d"),
        ("soup x", "e", "f"),
        ("soup", "y", "z"),
        ("g", "h", "soup"),
        ("i soup", "j", "k"),
        ("soup l", "m", "n"),
    )
    assert titles(find_entries(entries, "soup")) == ["soup", "soup x", "i soup", "soup l", "c", "a", "g"]


def test_all_words_must_be_found_each_at_the_beginning_of_a_word() -> None:
    entries = made(("thursday soup", "for all", "we cook"), ("soup", "on friday", "for some"))
    assert titles(find_entries(entries, "soup cook")) == ["thursday soup"]
    assert titles(find_entries(entries, "thurs so")) == ["thursday soup"]
    assert titles(find_entries(entries, "ursday")) == []
    assert titles(find_entries(entries, "soup rice")) == []


@pytest.mark.parametrize(
    ("asked", "kept"),
    [
        ("CAFÉ", "café"),
        ("cafe\u0301", "CAFE"),
        ("Straße", "STRASSE"),
        ("مَكْتَبَة", "مكتبة"),
        ("ﬁle", "file"),
        ("İzmir", "izmir"),
    ],
)
def test_case_accents_and_vowel_points_make_no_difference(asked: str, kept: str) -> None:
    assert fold(asked) == fold(kept)


@pytest.mark.parametrize("nothing", ["", "   ", "🥕", "& | ! : * ( )", "\x00", "_"])
def test_no_words_find_nothing(entries: Sequence[Entry], nothing: str) -> None:
    assert find_entries(entries, nothing) == []


@given(st.text(max_size=300))
def test_whatever_is_asked_has_an_answer(words: str) -> None:
    entries = made(("a", "b", "c"))
    assert find_entries(entries, words) in ([], [entries[0].hit])


def test_a_method_says_where_it_belongs(entries: Sequence[Entry]) -> None:
    """Some have one name in two sections."""
    found = [hit for hit in find_entries(entries, "lottery sortition") if hit.title.startswith("Lottery")]
    assert len(found) == len({hit.place for hit in found}) == 3


def test_what_people_look_for_comes_first(entries: Sequence[Entry]) -> None:
    for words, kind, first in (
        ("consensus", TEMPLATES, "Consensus"),
        ("lazy", METHODS, "Lazy Consensus"),
        ("community care", VALUES, "Community Care"),
        ("chaos", ARTICLES, "How Chaos Concentrates Control"),
    ):
        found = [hit.title for hit in find_entries(entries, words) if hit.kind == kind]
        assert found[0].lower() == first.lower(), words


def test_the_page_is_a_plain_form() -> None:
    [page] = [page for page in fixed_pages(site()) if page.path == "search/index.html"]
    text = environment().get_template(page.template).render(page.context())
    assert '<form class="search" action="/api/search" method="get"' in text
    assert "noindex" not in text
    assert "Nothing found" not in text
