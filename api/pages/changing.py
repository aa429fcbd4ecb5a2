"""What a change to a rule does besides its own rows: the rule enters and leaves listings, and its pages are wanted."""

from collections.abc import Iterable, Mapping

from api.database import Transaction
from api.jobs.queries import add_job
from api.pages import queries
from rulepages.affected import Change


def settle_places(connection: Transaction, rule_id: int, listings: Iterable[str]) -> Mapping[str, int]:
    """Bring a rule into exactly these listings; return its places in them, and in those that it leaves.

    A place is given once and kept for ever: who returns takes the old one. The caller holds the rule's row. Locks
    counters, so it belongs to the last statements before COMMIT.
    """
    wanted = frozenset(listings)
    rows = queries.places_of(connection, rule_id, wanted)
    places = {row.listing: row.place for row in rows if row.place is not None}
    moving = [row.listing for row in rows if (row.listing in wanted) != row.listed]
    if moving:
        missing = [row.listing for row in rows if not row.exists]
        if missing:
            queries.add_listings(connection, missing)
        highest = queries.lock_counters(connection, moving)
        places |= {name: highest[name] + 1 for name in moving if name not in places}
        queries.move_places(connection, rule_id, [(name, places[name], name in wanted) for name in moving])
    return places


def add_page_job(connection: Transaction, changes: Iterable[Change], *, rule_id: int | None = None) -> int:
    """Queue the pages of some changes as one job; return its id. `rule_id` is the one rule that they are about."""
    return add_job(connection, "page", rule_id=rule_id, payload={"changes": [change.to_json() for change in changes]})
