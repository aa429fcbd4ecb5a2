"""What can be done with drafts: keep one, save the next text, restore an earlier one, delete it.

A text that was accepted is never overwritten: it is the current one, or one of the last `KEPT` before it. Whoever says
what they saw last (`seen`, the tags of `If-Match`) is told when somebody else saved meanwhile, and given both texts.
"""

from collections.abc import Collection, Mapping
from typing import Any

from api.database import Database, Transaction
from api.document.draft import Draft, DraftText, Seen
from api.document.draft_document import read_draft
from api.drafts import queries
from api.errors import Conflict, DraftChanged, Forbidden, NotFound
from api.people import Person

MAX_DRAFTS = 50  # that a person may begin; those that travel with links are kept beyond
KEPT = 20  # earlier texts of each draft
ANY = "*"

Tags = Collection[str] | None  # None: whatever is there


class DraftKeeper:
    """The drafts of all people. `saves` is false where the site keeps no drafts: those that are there can be read,
    published and deleted."""

    def __init__(self, *, database: Database, saves: bool) -> None:
        self._database, self.saves = database, saves

    def list_drafts(self, *, by: Person) -> list[Draft]:
        with self._database.connection() as connection:
            return queries.drafts_of(connection, by.id)

    def read_draft(self, *, by: Person, draft_id: int, revision: int | None = None) -> Draft:
        with self._database.connection() as connection:
            return _existing(queries.find_draft(connection, draft_id, by.id, revision))

    def read_latest(self, *, by: Person) -> Draft | None:
        with self._database.connection() as connection:
            draft_id = queries.find_latest_id(connection, by.id)
            return None if draft_id is None else queries.find_draft(connection, draft_id, by.id)

    def list_revisions(self, *, by: Person, draft_id: int) -> list[Draft]:
        """Newest first; the first is the current one."""
        with self._database.connection() as connection:
            found = queries.revisions_of(connection, draft_id, by.id)
        _existing(found[0] if found else None)
        return found

    def add_draft(
        self, *, by: Person, text: DraftText, adapts: str = "", rule_id: int | None = None, once: bool = False
    ) -> Draft:
        """A new draft. `once`: not when the draft that was saved last is the same already, as after a double click."""
        self._require_saving()
        with self._database.transaction() as connection:
            last = _lock_latest(connection, by)
            if once and last and _says_the_same(last, text) and (last.adapts, last.rule_id) == (adapts, rule_id):
                return last
            if queries.count_drafts(connection, by.id) >= MAX_DRAFTS:
                raise Conflict(
                    f"You have {MAX_DRAFTS} drafts, and no more can be begun. Delete one that you no longer need under"
                    " “Your rules”, then save this one again."
                )
            return queries.add_draft(connection, by.id, text, adapts=adapts, rule_id=rule_id)

    def save_draft(self, *, by: Person, draft_id: int, text: DraftText, seen: Tags = None) -> Draft:
        """The draft's next text."""
        self._require_saving()
        with self._database.transaction() as connection:
            return _save(connection, _existing(queries.lock_draft(connection, draft_id, by.id)), text, seen)

    def save_latest(self, *, by: Person, text: DraftText, seen: Tags = None) -> Draft:
        """The next text of the draft that was saved last; without any, the first text of a new one."""
        self._require_saving()
        with self._database.transaction() as connection:
            now = _lock_latest(connection, by)
            if now is None:
                _require_unseen(text, seen)
                return queries.add_draft(connection, by.id, text)
            return _save(connection, now, text, seen)

    def restore_revision(self, *, by: Person, draft_id: int, revision: int, seen: Tags = None) -> Draft:
        """Make an earlier text the current one again, as a new revision; what was current stays as an earlier one."""
        self._require_saving()
        with self._database.transaction() as connection:
            now = _existing(queries.lock_draft(connection, draft_id, by.id))
            then = queries.find_draft(connection, draft_id, by.id, revision)
            if then is None:
                raise NotFound(f"The last {KEPT} texts before the current one are kept; this one is not among them.")
            text = DraftText(then.document, then.visibility, then.reason, then.base)
            return _save(connection, now, text, seen)

    def delete_draft(self, *, by: Person, draft_id: int, seen: Tags = None) -> None:
        with self._database.transaction() as connection:
            _delete(connection, _existing(queries.lock_draft(connection, draft_id, by.id)), seen)

    def delete_latest(self, *, by: Person, seen: Tags = None) -> None:
        """Without any draft there is nothing to do."""
        with self._database.transaction() as connection:
            now = _lock_latest(connection, by)
            if now is not None:
                _delete(connection, now, seen)

    def _require_saving(self) -> None:
        if not self.saves:
            raise Forbidden("This site keeps no drafts. Publish your rule, or keep its text somewhere else for now.")


def keep_carried(connection: Transaction, person_id: int, carried: Mapping[str, Any]) -> int:
    """A draft that travelled with a link becomes a new one, whatever else there is; return its id."""
    text = DraftText(read_draft(carried["document"]), carried["visibility"])
    return queries.add_draft(connection, person_id, text, adapts=carried["adapts"]).id


def spend_draft(connection: Transaction, by: Person, seen: Seen) -> None:
    """The draft is being published: delete it in the same transaction."""
    now = queries.lock_draft(connection, seen.id, by.id)
    if now is None:
        raise Conflict("This draft has been published or deleted already. You find your rules under “Your rules”.")
    if seen.tag is not None and seen.tag != now.tag:
        raise _changed(now, None, "It was not published.")
    queries.delete_draft(connection, now.id)


def _lock_latest(connection: Transaction, by: Person) -> Draft | None:
    queries.lock_person(connection, by.id)
    draft_id = queries.find_latest_id(connection, by.id)
    return None if draft_id is None else queries.lock_draft(connection, draft_id, by.id)


def _save(connection: Transaction, now: Draft, text: DraftText, seen: Tags) -> Draft:
    if _says_the_same(now, text):  # sent twice, or by a tab that changed nothing
        return now
    if not _was_seen(now, seen):
        raise _changed(now, text, "Your text was not saved.")
    return queries.add_revision(connection, now, text, kept=KEPT)


def _delete(connection: Transaction, now: Draft, seen: Tags) -> None:
    if not _was_seen(now, seen):
        raise _changed(now, None, "It was not deleted.")
    queries.delete_draft(connection, now.id)


def _was_seen(now: Draft, seen: Tags) -> bool:
    return seen is None or ANY in seen or now.tag in seen


def _says_the_same(now: Draft, text: DraftText) -> bool:
    beside = ((now.visibility, text.visibility), (now.reason, text.reason), (now.base, text.base))
    return now.document == text.document and all(new is None or old == new for old, new in beside)


def _require_unseen(text: DraftText, seen: Tags) -> None:
    if seen is not None:
        raise DraftChanged("The draft that you saw last is gone.", yours=text.document, theirs=None)


def _changed(now: Draft, text: DraftText | None, outcome: str) -> DraftChanged:
    return DraftChanged(
        f"This draft was saved somewhere else after you opened it here. {outcome}",
        yours=text.document if text else None,
        theirs={"id": str(now.id), "revision": now.revision, "updatedAt": now.saved_at, "payload": now.document},
    )


def _existing(draft: Draft | None) -> Draft:
    if draft is None:
        raise NotFound("There is no such draft. Perhaps it has been published.")
    return draft
