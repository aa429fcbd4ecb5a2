"""What can be done here: search."""

from dataclasses import dataclass

from api.database import Database
from api.search import queries
from api.search.bodies import Question
from rulepages.search import KINDS, RULES, Entry, Hit, find_entries

SHOWN_OF_EACH = 8
SHOWN_OF_ONE = 100  # when only one kind is asked for
RULES_RANKED = 1000


@dataclass(frozen=True, slots=True)
class Group:
    """What was found of one kind. `count` is of all of it; of rules, at most `RULES_RANKED`."""

    kind: str
    hits: list[Hit]
    count: int


def search(*, database: Database, entries: tuple[Entry, ...], question: Question) -> list[Group]:
    """A group for each kind that is asked for, in the order of `KINDS`; without words, all are empty."""
    limit = SHOWN_OF_ONE if question.kind else SHOWN_OF_EACH
    found = find_entries(entries, question.words)
    groups = []
    for kind in [question.kind] if question.kind else KINDS:
        if kind == RULES:
            groups.append(_search_rules(database, question.words, limit))
        else:
            hits = [hit for hit in found if hit.kind == kind]
            groups.append(Group(kind, hits[:limit], len(hits)))
    return groups


def _search_rules(database: Database, words: str, limit: int) -> Group:
    if not words:
        return Group(RULES, [], 0)
    with database.connection() as connection:
        rows = queries.find_rules(connection, words, limit=limit, ranked=RULES_RANKED)
    hits = [Hit(RULES, row.title, f"/rules/{row.slug}/", row.context) for row in rows]
    return Group(RULES, hits, rows[0].count if rows else 0)
