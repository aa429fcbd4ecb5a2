"""What can go wrong, in our words. No HTTP here: `error_responses` turns these into answers.

Problem
├── Invalid            what was sent cannot be accepted; `details` says where
├── NotJson            the body is not JSON, or not JSON that we take
├── WrongType          the body is of another content type
├── TooLarge           the body is larger than this route takes
├── NotSignedIn
├── Forbidden
├── NotFound
├── Conflict           somebody else was faster
├── DraftChanged       a draft was saved somewhere else; `details` has both texts
├── KeyUsed            what is sent once was sent before, with another text or by another person
├── RateLimited        too often; `details` says how long to wait
├── TryLater           not now; the same may go well soon
├── LinkExpired        a magic link that is used up, too old or mangled
├── Misconfigured      a setting is missing for this route
├── DatabaseAway       the database cannot be reached, or is too slow to wait for
└── CannotStart        a command cannot do its work; the message says what to do
"""

import math
from collections.abc import Mapping
from typing import Any


class Problem(Exception):
    """Base of all expected errors. The message is for the person who caused it."""

    def __init__(self, message: str, details: Mapping[str, Any] | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.details = details


class Invalid(Problem):
    pass


class NotJson(Problem):
    pass


class WrongType(Problem):
    pass


class TooLarge(Problem):
    pass


class NotSignedIn(Problem):
    def __init__(self) -> None:
        super().__init__("Unauthorized")


class Forbidden(Problem):
    pass


class NotFound(Problem):
    pass


class Conflict(Problem):
    pass


class DraftChanged(Problem):
    """`yours` is the text that was not taken, None where none was sent; `theirs` is the draft as it is, None where it
    is gone."""

    def __init__(self, message: str, *, yours: Mapping[str, Any] | None, theirs: Mapping[str, Any] | None) -> None:
        super().__init__(message, {"yours": {"payload": yours} if yours is not None else None, "theirs": theirs})


class KeyUsed(Problem):
    pass


class RateLimited(Problem):
    """`seconds` from now there is room again."""

    def __init__(self, message: str, *, seconds: float) -> None:
        super().__init__(message, {"retryAfterMs": math.ceil(seconds * 1000)})
        self.seconds = max(1, math.ceil(seconds))


class TryLater(Problem):
    """`seconds` from now it is worth another try."""

    def __init__(self, message: str, *, seconds: int) -> None:
        super().__init__(message)
        self.seconds = seconds


class LinkExpired(Problem):
    pass


class Misconfigured(Problem):
    pass


class DatabaseAway(Problem):
    def __init__(self) -> None:
        super().__init__("The database cannot be reached right now. Nothing was changed; please try again.")


class CannotStart(Problem):
    pass
