"""`DraftDocument`: the rule document while it is written. Everything is optional, half-typed text is welcome.

Text is cleaned as a published one is, so that a draft comes back as it was kept, and a published document is a draft
as it stands. Sizes are bounded, but generously: what is too long for a rule is kept, and `gaps` says so.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Discriminator, Field, StrictInt, Tag, TypeAdapter, ValidationError, with_config
from typing_extensions import TypedDict  # before Python 3.12 pydantic does not take the standard library's

from api.document.canonical_json import canonical_json
from api.document.reading import document_errors, invalid_document
from api.document.rule_document import CLEAN, LANGUAGE, ONE_LINE, SEVERAL_LINES, Id, kind_of_field
from api.errors import TooLarge

DRAFT_BYTES = 512 * 1024  # as canonical JSON

Line = Annotated[str, Field(max_length=8000), ONE_LINE, CLEAN]
Words = Annotated[str, Field(max_length=50_000), SEVERAL_LINES, CLEAN]
Lines = Annotated[list[Line], Field(max_length=500)]
Ids = Annotated[list[Id], Field(max_length=50)]
Number = Annotated[StrictInt, Field(ge=-(10**9), le=10**9)]


class DraftCommunity(TypedDict, total=False):
    name: Line
    context: Line
    types: Ids
    scale: Ids
    maturity: Ids
    size: Ids


class DraftValue(TypedDict, total=False):
    id: Id
    own: Id
    title: Line
    meaning: Words
    practice: Words


class DraftBlock(TypedDict, total=False):
    """Any of the three kinds; what belongs to another kind than its own is a gap."""

    kind: Literal["text", "list", "proportion"]
    title: Line
    text: Words
    items: Lines
    percent: Number


DraftField = Annotated[
    Annotated[Words, Tag("text")] | Annotated[Number, Tag("percent")] | Annotated[Lines, Tag("items")],
    Discriminator(kind_of_field),
]


class DraftMethod(TypedDict, total=False):
    id: Id
    own: Id
    title: Line
    summary: Words
    fields: Annotated[dict[Id, DraftField], Field(max_length=50)]
    blocks: Annotated[list[DraftBlock], Field(max_length=50)]


DraftMethods = Annotated[list[DraftMethod], Field(max_length=100)]


@with_config(ConfigDict(extra="forbid", strict=True))
class DraftDocument(TypedDict, total=False):
    """What is not there stays absent. `template` fills the sections when all of them are empty."""

    schema: Literal[1]
    language: Annotated[str, Field(pattern=LANGUAGE)]
    template: Id
    community: DraftCommunity
    values: Annotated[list[DraftValue], Field(max_length=100)]
    communication: DraftMethods
    membership: DraftMethods
    decisions: DraftMethods
    conflict: DraftMethods


DOCUMENT: TypeAdapter[DraftDocument] = TypeAdapter(DraftDocument)
NOTE: TypeAdapter[str] = TypeAdapter(Line)


def read_draft(plain: Any) -> dict[str, Any]:
    """The draft in its normal form; raise Invalid when it is of another shape, TooLarge when it is too big to keep."""
    try:
        kept: dict[str, Any] = {**DOCUMENT.validate_python(plain)}
    except ValidationError as error:
        raise invalid_document(document_errors(error), "The draft") from None
    if len(canonical_json(kept).encode()) > DRAFT_BYTES:
        raise TooLarge(f"The draft is larger than {DRAFT_BYTES // 1024} KiB.")
    return kept


def read_note(text: str, name: str) -> str:
    """A line beside the document, such as the reason of the version to come; raise Invalid under the control's name."""
    try:
        return NOTE.validate_python(text)
    except ValidationError as error:
        raise invalid_document({name: next(iter(document_errors(error).values()))}, "The draft") from None


def draft_title(document: Mapping[str, Any]) -> str:
    """The community's name as far as it is typed."""
    return str(document.get("community", {}).get("name", ""))
