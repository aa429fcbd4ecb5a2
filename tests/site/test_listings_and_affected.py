"""Place arithmetic, and the pages that a change affects: pure functions."""

from hypothesis import given
from hypothesis import strategies as st

from rulepages import listings
from rulepages.affected import Change, affected

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


@given(places, st.sets(st.integers(1, 50), min_size=1, max_size=3))
def test_a_change_affects_the_same_number_of_pages_at_any_size(place: int, versions: set[int]) -> None:
    found = affected(Change("a-rule-xyz", place, tuple(sorted(versions))))
    opens = (place - 1) % listings.PAGE_SIZE == 0
    own = len(versions) + len(versions - {1}) + 2  # versions, comparisons, history, rule
    assert len(found.live) == own + 2 + opens  # `/rules/` and `/`, and before them a new archive page
    assert len(found.later) == 4 - opens + (opens and place > 1)  # archive page, or the one before; sitemaps, feed
    assert not set(found.live) & set(found.later)
    order = list(found.live)
    assert order.index("rules/a-rule-xyz/index.html") < order.index("index.html")
    archive = f"rules/page/{listings.page_of(place)}/index.html"
    assert not opens or order.index(archive) < order.index("rules/index.html")


def test_an_unlisted_rule_affects_its_own_pages_only() -> None:
    found = affected(Change("a-rule-xyz", None, (1,)))
    assert all(path.startswith("rules/a-rule-xyz/") for path in found.live)
    assert found.later == {}
