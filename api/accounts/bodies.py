"""Shapes of requests and answers."""

from typing import Annotated

from pydantic import Field

from api.document.rule_document import CLEAN, ONE_LINE
from api.wire import Body


class Account(Body):
    """`displayName` may be empty: then no name stands on the person's rules."""

    displayName: Annotated[str, Field(max_length=80), ONE_LINE, CLEAN]
