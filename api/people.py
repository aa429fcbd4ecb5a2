"""The person who acts, and addresses of people."""

import re
from dataclasses import dataclass

from api.errors import Invalid, NotSignedIn

EMAIL = re.compile(
    r"[^\s@<>\"(),:;\[\]\\\x00-\x20\x7f-\x9f]{1,64}@[^\s@<>\"(),:;\[\]\\_\x00-\x20\x7f-\x9f]{1,190}\.[^\s@.<>\"(),:;\[\]\\\x00-\x20\x7f-\x9f]{2,63}"
)


@dataclass(frozen=True, slots=True)
class Person:
    id: int
    email: str
    display_name: str = ""


def require(person: Person | None) -> Person:
    if person is None:
        raise NotSignedIn
    return person


def clean_email(value: str) -> str:
    email = value.strip().lower()
    if len(email) > 254 or not EMAIL.fullmatch(email):
        raise Invalid("That does not look like an email address.", {"fieldErrors": {"email": ["is not an address"]}})
    return email
