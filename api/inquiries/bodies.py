"""Shapes of requests."""

from typing import Annotated

from pydantic import AfterValidator, Field

from api.document.rule_document import CLEAN, SEVERAL_LINES
from api.wire import Body, Email

SHORTEST = 10


def _says_something(value: str) -> str:
    if len(value) < SHORTEST:
        raise ValueError(f"is shorter than {SHORTEST} characters")
    return value


class Inquiry(Body):
    """`company` is a trap: people do not see it, programs that fill in every field do."""

    email: Email
    message: Annotated[str, Field(max_length=10_000), AfterValidator(_says_something), SEVERAL_LINES, CLEAN]
    company: Annotated[str, Field(max_length=400)] = ""
