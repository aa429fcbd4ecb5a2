"""The person who acts."""

from dataclasses import dataclass

from api.errors import NotSignedIn


@dataclass(frozen=True, slots=True)
class Person:
    id: int
    email: str
    display_name: str = ""


def require(person: Person | None) -> Person:
    if person is None:
        raise NotSignedIn
    return person
