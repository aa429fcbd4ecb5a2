"""What can be done with a rule. Each action is one transaction: the change, its job, its place, one commit.

An action that touches pages registers its wait before the commit and waits after it, at most two seconds, without
holding a connection. What is accepted is never an error afterwards: the answer says `live` or `pending`.
"""

import json
import re
import secrets
import unicodedata
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from api.database import Database, Transaction
from api.document.canonical_json import canonical_json, sha256_of
from api.document.reading import read_reason
from api.document.rule_document import RuleDocument
from api.errors import Conflict, DatabaseAway, Forbidden, Invalid, NotFound
from api.jobs.queries import add_job, has_pages_to_come, pages_worker_beats
from api.pages.tombstones import Tombstones
from api.pages.waiting import LiveWaiter, WaitingPlace
from api.people import Person
from api.rules import queries
from api.rules.queries import DraftRow, RuleRow

LIBRARY = "library"
SLUG_WORDS = 48  # characters of the name that go into the slug
SLUG_ID_LETTERS = "23456789abcdefghjkmnpqrstuvwxyz"
SLUG_ID_LENGTH = 6


@dataclass(frozen=True, slots=True)
class Published:
    """`live` is false while the page is on its way."""

    rule: RuleRow
    live: bool


@dataclass(frozen=True, slots=True)
class Parts:
    """What publishing needs."""

    database: Database
    waiter: LiveWaiter
    tombstones: Tombstones


def publish_rule(*, parts: Parts, by: Person, document: RuleDocument, draft_id: int | None = None) -> Published:
    """Make version 1 public. A draft that it came from is deleted with the same commit."""
    canonical = canonical_json(document.to_json())
    with parts.waiter.place() as place:
        with parts.database.transaction() as connection:
            rule = queries.add_rule(
                connection,
                slug=_new_slug(document.community.name),
                owner_id=by.id,
                title=document.community.name,
                context=document.community.context,
                document=canonical,
                sha256=sha256_of(canonical),
            )
            if draft_id is not None and not queries.delete_draft(connection, draft_id, by.id):
                raise Conflict("This draft has been published already. You find it under “Your rules”.")
            _add_page_job(connection, place, rule.id, [1])
            queries.enter_listing(connection, rule.id, LIBRARY)
        return Published(rule, place.wait(parts.database))


def revise_rule(
    *, parts: Parts, by: Person, rule_id: int, document: RuleDocument, reason: str, base: str | None = None
) -> Published:
    """Make the next version, with what changed and why. `base` is the sha256 that the author started from."""
    words = read_reason(reason)
    canonical = canonical_json(document.to_json())
    sha256 = sha256_of(canonical)
    with parts.waiter.place() as place:
        with parts.database.transaction() as connection:
            before = _own_rule(queries.lock_rule(connection, rule_id), by)
            if base and base != before.sha256:
                raise Conflict(
                    "Another version was published since you opened this form. Please read it first. What you typed is"
                    " still here: when it fits, publish it again."
                )
            number = before.version + 1
            if sha256 == before.sha256:
                raise Invalid("Nothing has changed since the last version.")
            queries.add_version(connection, rule_id, number=number, document=canonical, sha256=sha256, reason=words)
            queries.move_to_version(
                connection,
                rule_id,
                number=number,
                title=document.community.name,
                context=document.community.context,
            )
            rule = _existing(queries.find_rule(connection, rule_id))
            _add_page_job(connection, place, rule_id, [number])
        return Published(rule, place.wait(parts.database))


def unpublish_rule(*, parts: Parts, by: Person, rule_id: int) -> RuleRow:
    """Take the rule back: its address answers 410 before this returns, whatever the pages worker is doing."""
    slug = ""
    try:
        with parts.database.transaction() as connection:
            rule = _own_rule(queries.lock_rule(connection, rule_id), by)
            if rule.state == "unpublished":
                return rule
            queries.set_state(connection, rule_id, "unpublished")
            rule = _existing(queries.find_rule(connection, rule_id))
            add_job(connection, "page", rule_id=rule_id, payload={"versions": _all_versions(rule)})
            queries.leave_listing(connection, rule_id, LIBRARY)
            slug = rule.slug
            parts.tombstones.lay(slug)
    except (DatabaseAway, OSError):
        if slug:
            _lift_if_published(parts, rule_id, slug)
        raise
    return rule


def _lift_if_published(parts: Parts, rule_id: int, slug: str) -> None:
    """The commit may have failed after the tombstone was laid. While the database is away nobody can tell; then the
    next start of the pages worker sees to it."""
    with suppress(DatabaseAway), parts.database.transaction() as connection:
        rule = queries.lock_rule(connection, rule_id)
        if rule and rule.state == "published":
            parts.tombstones.lift(slug)


def republish_rule(*, parts: Parts, by: Person, rule_id: int) -> Published:
    """Publish again, all versions, at the same address and in the same places."""
    with parts.waiter.place() as place:
        with parts.database.transaction() as connection:
            rule = _own_rule(queries.lock_rule(connection, rule_id), by)
            if rule.state == "published" and not parts.tombstones.stands(rule.slug):
                return Published(rule, live=not has_pages_to_come(connection, rule_id))
            queries.set_state(connection, rule_id, "published")
            rule = _existing(queries.find_rule(connection, rule_id))
            _add_page_job(connection, place, rule_id, _all_versions(rule))
            queries.enter_listing(connection, rule_id, LIBRARY)
        return Published(rule, place.wait(parts.database))


def read_rule(*, database: Database, by: Person | None, rule_id: int) -> tuple[RuleRow, dict[str, Any]]:
    """A rule and its current document: a published one for everybody, an unpublished one for its owner."""
    with database.connection() as connection:
        rule = queries.find_rule(connection, rule_id)
        if rule is None or (rule.state != "published" and not _owns(rule, by)):
            raise NotFound("There is no such rule.")
        return rule, json.loads(queries.find_document(connection, rule_id, rule.version))


def read_publication(*, database: Database, rule_id: int) -> tuple[RuleRow, bool]:
    """A published rule, and whether its page is in place."""
    with database.connection() as connection:
        rule = queries.find_rule(connection, rule_id)
        if rule is None or rule.state != "published":
            raise NotFound("There is no such rule.")
        return rule, not has_pages_to_come(connection, rule_id)


def read_own_rule(*, database: Database, by: Person, rule_id: int) -> tuple[RuleRow, dict[str, Any]]:
    rule, document = read_rule(database=database, by=by, rule_id=rule_id)
    return _own_rule(rule, by), document


def list_rules(*, database: Database, limit: int) -> list[RuleRow]:
    with database.connection() as connection:
        return queries.newest_rules(connection, limit)


def list_own(*, database: Database, by: Person) -> tuple[list[RuleRow], list[DraftRow]]:
    with database.connection() as connection:
        return queries.rules_of(connection, by.id), queries.drafts_of(connection, by.id)


def read_draft(*, database: Database, by: Person, draft_id: int) -> DraftRow:
    with database.connection() as connection:
        draft = queries.find_draft(connection, draft_id, by.id)
    if draft is None:
        raise NotFound("There is no such draft. Perhaps it has been published.")
    return draft


def _add_page_job(connection: Transaction, place: WaitingPlace, rule_id: int, versions: list[int]) -> None:
    job_id = add_job(connection, "page", rule_id=rule_id, payload={"versions": versions})
    place.expect(job_id, worker_beats=pages_worker_beats(connection))


def _own_rule(rule: RuleRow | None, by: Person) -> RuleRow:
    if rule is None or (rule.state != "published" and not _owns(rule, by)):
        raise NotFound("There is no such rule.")
    if not _owns(rule, by):
        raise Forbidden("This rule belongs to somebody else.")
    return rule


def _owns(rule: RuleRow, by: Person | None) -> bool:
    return by is not None and rule.owner_id == by.id


def _existing(rule: RuleRow | None) -> RuleRow:
    assert rule is not None
    return rule


def _all_versions(rule: RuleRow) -> list[int]:
    return list(range(1, rule.version + 1))


def _new_slug(name: str) -> str:
    """Words of the name that fit an address, and a short id: it says what it is, and no two are alike."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    words = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:SLUG_WORDS].strip("-")
    id = "".join(secrets.choice(SLUG_ID_LETTERS) for _ in range(SLUG_ID_LENGTH))
    return f"{words or 'rule'}-{id}"
