"""What can be done with a rule. Each action is one transaction: the change, its job, its place, one commit.

An action that touches pages registers its wait before the commit and waits after it, at most two seconds, without
holding a connection. What is accepted is never an error afterwards: the answer says `live` or `pending`.
"""

import json
import re
import secrets
import unicodedata
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from api.database import Database, Transaction
from api.document.canonical_json import canonical_json, sha256_of
from api.document.draft import Seen
from api.document.reading import read_reason
from api.document.rule_document import RuleDocument
from api.errors import Conflict, DatabaseAway, Forbidden, Invalid, KeyUsed, NotFound
from api.jobs.queries import has_pages_to_come, pages_worker_beats
from api.pages.changing import add_page_job, settle_places
from api.pages.tombstones import Tombstones, of_version
from api.pages.waiting import LiveWaiter, WaitingPlace
from api.people import Person
from api.rules import queries
from api.rules.queries import ParentRow, RuleRow, VersionRow
from rulepages.affected import COMES_OR_GOES, LISTED_OR_NOT, Change, Kind
from rulepages.catalogue import SECTIONS
from rulepages.listings import listings_of

PUBLIC, UNLISTED = "public", "unlisted"
TITLES_LENGTH = 2000  # characters of a rule's titles that it can be found by; the column holds no more
SLUG_WORDS = 48  # characters of the name that go into the slug
SLUG_ID_LETTERS = "23456789abcdefghjkmnpqrstuvwxyz"
SLUG_ID_LENGTH = 6
SLUG_SECRET_LENGTH = 17  # of an unlisted rule: 84 bits, which nobody guesses
ADAPTS = re.compile(r"([a-z0-9-]{1,100})/v/([1-9][0-9]{0,6})")
REVISED_SINCE = (
    "Another version was published since you opened this form. Please read it first. What you typed is still here: when"
    " it fits, publish it again."
)
PARENT_GONE = {"fieldErrors": {"adapts": ["is not public any more; press the button again to go on without it"]}}
KEY = re.compile(r"[!-~]{1,200}")


@dataclass(frozen=True, slots=True)
class Published:
    """`live` is false while the page is on its way."""

    rule: RuleRow
    live: bool


@dataclass(frozen=True, slots=True)
class Once:
    """A key that publishes once, and the sha256 of what was sent with it."""

    key: str
    sent: str

    @classmethod
    def of(cls, key: str, sent: Any) -> "Once":
        """`sent` is anything that JSON can say. Raise Invalid for a key that is none."""
        if not KEY.fullmatch(key):
            raise Invalid("A key has 1 to 200 characters of ASCII, and no spaces.")
        return cls(key, sha256_of(canonical_json(sent)))


@dataclass(frozen=True, slots=True)
class Parts:
    """What publishing needs. `spend_draft` is `drafts.actions.spend_draft`: it deletes the draft that is published."""

    database: Database
    waiter: LiveWaiter
    tombstones: Tombstones
    spend_draft: Callable[[Transaction, Person, Seen], None]


def publish_rule(
    *,
    parts: Parts,
    by: Person,
    document: RuleDocument,
    visibility: str = PUBLIC,
    adapts: str = "",
    draft: Seen | None = None,
    once: Once | None = None,
) -> Published:
    """Make version 1. `adapts` is the version that it was adapted from, as `<slug>/v/<number>`.

    The draft that it came from is deleted with the same commit. What is sent `once` is published once: sent again,
    the answer is the same rule.
    """
    plain = document.to_json()
    canonical = canonical_json(plain)
    with parts.waiter.place() as place:
        with parts.database.transaction() as connection:
            if before := _published_before(connection, by, once):
                return before
            rule = queries.add_rule(
                connection,
                slug=_new_slug(document.community.name, visibility),
                owner_id=by.id,
                visibility=visibility,
                parent=_parent(connection, adapts) if adapts else None,
                title=document.community.name,
                context=document.community.context,
                words=_titles(plain),
                document=canonical,
                sha256=sha256_of(canonical),
            )
            _settle(connection, parts, by, rule.id, draft=draft, once=once)
            _change_pages(connection, rule, Kind.PUBLISHED, plain, versions=(1,), place=place)
        return Published(rule, place.wait(parts.database))


def revise_rule(
    *,
    parts: Parts,
    by: Person,
    rule_id: int,
    document: RuleDocument,
    reason: str,
    base: str | None = None,
    draft: Seen | None = None,
    once: Once | None = None,
) -> Published:
    """Make the next version, with what changed and why. `base` is the sha256 that the author started from; `draft` and
    `once` are as in `publish_rule`."""
    words = read_reason(reason)
    plain = document.to_json()
    canonical = canonical_json(plain)
    sha256 = sha256_of(canonical)
    with parts.waiter.place() as place:
        with parts.database.transaction() as connection:
            if before := _published_before(connection, by, once):
                return before
            rule = _own_rule(queries.lock_rule(connection, rule_id), by)
            if base and base != rule.sha256:
                raise Conflict(REVISED_SINCE)
            number = rule.version + 1
            if sha256 == rule.sha256:
                raise Invalid("Nothing has changed since the last version.")
            queries.add_version(
                connection,
                rule_id,
                number=number,
                title=document.community.name,
                document=canonical,
                sha256=sha256,
                reason=words,
            )
            queries.move_to_version(
                connection,
                rule_id,
                number=number,
                title=document.community.name,
                context=document.community.context,
                words=_titles(plain),
                sha256=sha256,
            )
            rule = _existing(queries.find_rule(connection, rule_id))
            _settle(connection, parts, by, rule_id, draft=draft, once=once)
            _change_pages(connection, rule, Kind.REVISED, plain, versions=(number,), place=place)
        return Published(rule, place.wait(parts.database))


def _published_before(connection: Transaction, by: Person, once: Once | None) -> Published | None:
    """What a request with this key has published already. None for the first one, which holds the key until its
    commit; a second one at the same time waits here."""
    if once is None or queries.claim_key(connection, once.key, person_id=by.id, sent=once.sent):
        return None
    used = queries.find_key(connection, once.key)
    if used is None or used.rule_id is None or used.person_id != by.id:
        raise KeyUsed("The key of this request was used before, and not by you. Send another one.")
    rule = _existing(queries.find_rule(connection, used.rule_id))
    if used.sent != once.sent:
        raise KeyUsed(
            f"The key of this request was used before, for another text, which was published as “{rule.title}”. To"
            " change that rule, revise it. To publish this text as well, send it with another key."
        )
    return Published(rule, live=not has_pages_to_come(connection, rule.id))


def _settle(
    connection: Transaction, parts: Parts, by: Person, rule_id: int, *, draft: Seen | None, once: Once | None
) -> None:
    """What a publish leaves behind besides its pages: the draft is spent, and so is the key."""
    if draft:
        parts.spend_draft(connection, by, draft)
    if once:
        queries.settle_key(connection, once.key, rule_id)


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
            slug = rule.slug
            parts.tombstones.lay(slug)
            _change_pages(connection, rule, Kind.UNPUBLISHED, None, versions=_all_versions(rule))
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
            text = _current_text(connection, rule)
            _change_pages(connection, rule, Kind.RESTORED, text, versions=_all_versions(rule), place=place)
        return Published(rule, place.wait(parts.database))


def delete_rule(*, parts: Parts, by: Person, rule_id: int) -> None:
    """Delete the rule with all its versions. Its address answers 410 from now on, and is never given again."""
    slug = ""
    try:
        with parts.database.transaction() as connection:
            rule = _own_rule(queries.lock_rule(connection, rule_id), by)
            slug = rule.slug
            parts.tombstones.lay(slug)
            adapted = queries.adapted_from(connection, rule_id)
            queries.forget_parent(connection, rule_id)  # before the counters: others hold those rows and wait for these
            places = settle_places(connection, rule_id, ())
            queries.delete_rule(connection, rule_id)
            add_page_job(connection, [Change(Kind.DELETED, slug, _all_versions(rule), places, adapted)])
    except (DatabaseAway, OSError):
        if slug:
            _lift_if_published(parts, rule_id, slug)
        raise


def show_rule(*, parts: Parts, by: Person, rule_id: int, visibility: str) -> Published:
    """Make the rule `public`, or `unlisted`: then only who has its address finds it."""
    with parts.waiter.place() as place:
        with parts.database.transaction() as connection:
            rule = _own_rule(queries.lock_rule(connection, rule_id), by)
            if rule.visibility == visibility:
                return Published(rule, live=not has_pages_to_come(connection, rule_id))
            queries.set_visibility(connection, rule_id, visibility)
            rule = _existing(queries.find_rule(connection, rule_id))
            kind = Kind.LISTED if visibility == PUBLIC else Kind.UNLISTED
            _change_pages(connection, rule, kind, _current_text(connection, rule), place=place)
        return Published(rule, place.wait(parts.database))


def withdraw_version(*, parts: Parts, by: Person, rule_id: int, number: int) -> RuleRow:
    """Take back the text of one earlier version; its hash, date and reason remain in the history."""
    laid: tuple[str, ...] = ()
    try:
        with parts.database.transaction() as connection:
            rule = _own_rule(queries.lock_rule(connection, rule_id), by)
            if number == rule.version:
                raise Conflict("This is the current version. Publish the next one first, or unpublish the rule.")
            if not queries.withdraw_version(connection, rule_id, number):
                raise NotFound("There is no such version, or it was withdrawn before.")
            laid = of_version(rule.slug, number)
            for name in laid:
                parts.tombstones.lay(name)
            _change_pages(connection, rule, Kind.WITHDRAWN, _current_text(connection, rule), versions=(number,))
    except (DatabaseAway, OSError):
        if laid:
            _lift_unless_withdrawn(parts, rule_id, number, laid)
        raise
    return rule


def _lift_unless_withdrawn(parts: Parts, rule_id: int, number: int, names: tuple[str, ...]) -> None:
    """The commit may have failed after the tombstones were laid. Others may stand on two of them: leave those to the
    pages worker, which compares them with the rows every few seconds."""
    with suppress(DatabaseAway), parts.database.transaction() as connection:
        queries.lock_rule(connection, rule_id)
        if not queries.is_withdrawn(connection, rule_id, number):
            parts.tombstones.lift(names[0])


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


def read_version_to_adapt(*, database: Database, adapts: str) -> dict[str, Any]:
    """The document of a published version, named as `<slug>/v/<number>`."""
    match = ADAPTS.fullmatch(adapts)
    with database.connection() as connection:
        text = queries.find_public_document(connection, match[1], int(match[2])) if match else None
    if text is None:
        raise NotFound("The rule that you wanted to adapt is not public any more.", PARENT_GONE)
    document: dict[str, Any] = json.loads(text)
    return document


def read_versions(*, database: Database, by: Person, rule_id: int) -> tuple[RuleRow, list[VersionRow]]:
    """One's own rule with its history."""
    with database.connection() as connection:
        rule = _own_rule(queries.find_rule(connection, rule_id), by)
        return rule, queries.versions_of(connection, rule_id)


def list_rules(*, database: Database, limit: int) -> list[RuleRow]:
    with database.connection() as connection:
        return queries.newest_rules(connection, limit)


def list_own(*, database: Database, by: Person) -> list[RuleRow]:
    with database.connection() as connection:
        return queries.rules_of(connection, by.id)


def _change_pages(
    connection: Transaction,
    rule: RuleRow,
    kind: Kind,
    text: Mapping[str, Any] | None,
    *,
    versions: tuple[int, ...] = (),
    place: WaitingPlace | None = None,
) -> None:
    """What the rule's change means for listings and pages. `text` is the document that it shows, if it shows one.

    The last thing before COMMIT: it locks counters.
    """
    public = rule.state == "published" and rule.visibility == PUBLIC and text is not None
    wanted = listings_of(text, adapted_from=rule.parent_slug) if public and text else ()
    adapted = queries.adapted_from(connection, rule.id) if kind in COMES_OR_GOES | LISTED_OR_NOT else ()
    places = settle_places(connection, rule.id, wanted)
    job_id = add_page_job(connection, [Change(kind, rule.slug, versions, places, adapted)], rule_id=rule.id)
    if place:
        place.expect(job_id, worker_beats=pages_worker_beats(connection))


def _titles(document: Mapping[str, Any]) -> str:
    """Of its values and methods, one a line: what search finds it by, besides name and summary."""
    titles = [entry["title"] for section in SECTIONS for entry in document.get(section, ())]
    return "\n".join(titles)[:TITLES_LENGTH]


def _current_text(connection: Transaction, rule: RuleRow) -> dict[str, Any]:
    text: dict[str, Any] = json.loads(queries.find_document(connection, rule.id, rule.version))
    return text


def _parent(connection: Transaction, adapts: str) -> ParentRow:
    match = ADAPTS.fullmatch(adapts)
    parent = queries.hold_parent(connection, match[1], int(match[2])) if match else None
    if parent is None:
        raise Invalid("The rule that this one adapts is not public any more.", PARENT_GONE)
    return parent


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


def _all_versions(rule: RuleRow) -> tuple[int, ...]:
    return tuple(range(1, rule.version + 1))


def _new_slug(name: str, visibility: str) -> str:
    """Words of the name that fit an address, and a short id: it says what it is, and no two are alike.

    An unlisted rule's id is long: its address is what keeps it from strangers.
    """
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    words = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:SLUG_WORDS].strip("-")
    length = SLUG_ID_LENGTH if visibility == PUBLIC else SLUG_SECRET_LENGTH
    id = "".join(secrets.choice(SLUG_ID_LETTERS) for _ in range(length))
    return f"{words or 'rule'}-{id}"
