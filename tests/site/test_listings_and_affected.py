"""Place arithmetic, and the pages that a change affects: pure functions."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from rulepages import listings
from rulepages.affected import Change, Kind, affected
from tests.support.documents import catalogue, full_document, small_document

places = st.integers(1, 1_000_000)


@given(places)
def test_every_place_is_on_one_page(place: int) -> None:
    page = listings.page_of(place)
    first, last = listings.places_on(page)
    assert first <= place <= last
    assert last - first + 1 == listings.PAGE_SIZE


def test_pages_start_where_they_must() -> None:
    assert [listings.page_of(place) for place in (1, 50, 51, 100, 101)] == [1, 1, 2, 2, 3]
    assert [listings.page_count(highest) for highest in (0, 1, 50, 51)] == [0, 1, 1, 2]


@given(st.integers(1, 100_000))
def test_a_page_links_to_earlier_ones_only(page: int) -> None:
    older = listings.older_links(page)
    assert all(1 <= earlier < page for earlier in older)
    assert len(older) <= 3
    assert page == 1 or page - 1 in older


@given(st.integers(1, 100_000))
def test_from_any_page_the_first_is_near(page: int) -> None:
    steps = 0
    while page > 1:
        page, steps = min(listings.older_links(page)), steps + 1
    assert steps <= 1100  # by hundreds, then by tens, then one by one


LISTINGS = ("library", "kind/mutual-aid", "template/consensus", "decisions/lazy-consensus", "adapted/their-rule-abc234")
RULE = "rules/a-rule-xyz/"


def change(kind: Kind, place: int = 7, versions: tuple[int, ...] = (2,), **more: Any) -> Change:
    return Change(kind, "a-rule-xyz", versions, dict.fromkeys(LISTINGS, place), **more)


@given(places, st.sampled_from([Kind.PUBLISHED, Kind.REVISED]))
def test_the_cost_is_a_plus_b_for_each_listing_at_any_size(place: int, kind: Kind) -> None:
    found = affected(change(kind, place))
    opens = (place - 1) % listings.PAGE_SIZE == 0
    archives = 1 + (opens and place > 1)  # the page of the place, and the one before when it opens a new one
    assert len(found.own) == 8  # version with its two formats, comparison, feed, table, history, rule
    assert len(found.shared) == 2 + opens
    in_filters = 2 * (2 + archives) + (1 + archives)  # subject, landing and archive; a facet has no subject
    assert len(found.later) == archives - opens + 3 + in_filters + 1  # library: sitemaps, feed; the parent's page
    assert not set(found.live) & set(found.later)
    order = list(found.live)
    assert order.index(f"{RULE}index.html") < order.index("rules/index.html")
    archive = f"rules/page/{listings.page_of(place)}/index.html"
    assert not opens or order.index(archive) < order.index("rules/index.html")


def test_each_kind_touches_what_the_table_says() -> None:
    version, comparison = f"{RULE}v/2/index.html", f"{RULE}compare/2/index.html"
    history, rule = f"{RULE}history/index.html", f"{RULE}index.html"
    files = {version, f"{RULE}v/2/rule.json", f"{RULE}v/2/rule.md", comparison}
    feed, table = f"{RULE}feed.xml", f"{RULE}rule.csv"
    text = {*files, feed, table, history, rule}
    expected = {
        Kind.PUBLISHED: (text, True),
        Kind.REVISED: (text, True),
        Kind.UNPUBLISHED: (text, True),
        Kind.RESTORED: (text, True),
        Kind.DELETED: (text, True),
        Kind.BLOCKED: (text, True),
        Kind.UNLISTED: ({*files, rule}, True),
        Kind.LISTED: ({*files, rule}, True),
        Kind.WITHDRAWN: ({*files, f"{RULE}compare/3/index.html", feed, history}, False),
        Kind.OWNER_CHANGED: ({*files, history, rule}, False),
        Kind.RELEASED: (set[str](), False),
    }
    assert set(expected) == set(Kind)
    for kind, (own, listed) in expected.items():
        found = affected(change(kind))
        assert set(found.own) == own, kind
        assert ("index.html" in found.shared, "feed.xml" in found.later) == (listed, listed), kind
        assert found.everything == (kind == Kind.RELEASED)


def test_a_rule_that_comes_or_goes_is_told_to_those_adapted_from_it() -> None:
    found = affected(change(Kind.UNLISTED, versions=(), adapted=("a-child-abc234",)))
    assert "rules/a-child-abc234/index.html" in found.later
    assert set(found.own) == {f"{RULE}index.html"}


def test_an_unlisted_rule_affects_its_own_pages_only() -> None:
    found = affected(Change(Kind.PUBLISHED, "a-rule-xyz", (1,)))
    assert all(path.startswith(RULE) for path in found.live)
    assert found.later == {}


@given(st.sampled_from(Kind), places)
def test_a_change_survives_its_row(kind: Kind, place: int) -> None:
    before = change(kind, place, adapted=("x",))
    assert Change.from_json(json.loads(json.dumps(before.to_json()))) == before


def test_a_rule_is_in_a_listing_for_everything_that_it_says() -> None:
    names = listings.listings_of(full_document("Full"), adapted_from="their-rule-abc234")
    assert {"library", "kind/mutual-aid", "scale/local", "maturity/early-stage", "size/six-to-twelve"} <= names
    assert "adapted/their-rule-abc234" in names
    assert len(names) == 1 + 4 + 8 + 1
    assert listings.listings_of(small_document()) == {"library"}
    assert names - {"library", "adapted/their-rule-abc234"} <= set(listings.filters_of(catalogue()))
