"""Place arithmetic of an append-only listing.

A rule gets a permanent place number, from 1, when it first enters a listing. Archive page k holds places
(k-1)*50+1 … k*50 for ever; a rule that leaves makes a gap.
"""

PAGE_SIZE = 50
SHARD_SIZE = 500  # places per sitemap file


def page_of(place: int, size: int = PAGE_SIZE) -> int:
    """The archive page (or sitemap shard, with its size) that holds a place."""
    return (place - 1) // size + 1


def places_on(page: int, size: int = PAGE_SIZE) -> tuple[int, int]:
    """The first and the last place on an archive page."""
    return (page - 1) * size + 1, page * size


def page_count(highest: int, size: int = PAGE_SIZE) -> int:
    """How many archive pages there are when the highest place ever given is `highest`."""
    return page_of(highest, size) if highest else 0


def older_links(page: int) -> tuple[int, ...]:
    """Earlier pages that page k links to: k-1, and the nearest multiples of 10 and of 100 below it.

    Only earlier pages, and k+1 when it exists (the caller knows): so that opening page k+1 changes page k and no other.
    """
    wanted = {page - 1, (page - 1) // 10 * 10, (page - 1) // 100 * 100}
    return tuple(sorted((k for k in wanted if k >= 1), reverse=True))
