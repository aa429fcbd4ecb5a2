"""Shapes of requests."""

from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, field_validator

from api.document.rule_document import CLEAN, ID, SEVERAL_LINES
from api.wire import Body, OptionalEmail

SLUG_LENGTH = 100
Reason = Literal["private", "hostile", "spam", "copied", "other"]


class Report(Body):
    """`rule` is the last part of the rule's address. Without `words` the reason must speak for itself."""

    rule: Annotated[str, Field(pattern=ID, max_length=SLUG_LENGTH)]
    reason: Reason
    words: Annotated[str, Field(max_length=2000, validate_default=True), SEVERAL_LINES, CLEAN] = ""
    email: OptionalEmail = ""

    @field_validator("words")
    @classmethod
    def _explains_another_reason(cls, value: str, info: ValidationInfo) -> str:
        if info.data.get("reason") == "other" and not value:
            raise ValueError("is empty: the reason alone does not say what is wrong")
        return value
