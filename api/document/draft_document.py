"""`DraftDocument`: the rule document while it is written. Everything is optional, half-typed text is welcome.

Text is cleaned as a published one is, so that a draft comes back as it was kept, and a published document is a draft
as it stands. Sizes are bounded, but generously: what is too long for a rule is kept, and `gaps` says so.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Discriminator, Field, StrictInt, Tag, TypeAdapter, ValidationError

from api.document.canonical_json import canonical_json
from api.document.reading import document_errors, invalid_document
from api.document.rule_document import (
    CLEAN,
    LANGUAGE,
    ONE_LINE,
    SEVERAL_LINES,
    Id,
    Picture,
    Pixels,
    Upload,
    kind_of_field,
)
from api.errors import TooLarge

DRAFT_BYTES = 512 * 1024  # as canonical JSON

Line = Annotated[str, Field(max_length=8000), ONE_LINE, CLEAN]
Words = Annotated[str, Field(max_length=50_000), SEVERAL_LINES, CLEAN]
Lines = Annotated[list[Line], Field(max_length=500)]
Ids = Annotated[list[Id], Field(max_length=50)]
Number = Annotated[StrictInt, Field(ge=-(10**9), le=10**9)]


class _Part(BaseModel):
    """The defaults are never kept: what is not there stays absent."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class DraftPhoto(_Part):
    upload: Picture
    alt: Line = ""
    width: Pixels
    height: Pixels


class DraftCommunity(_Part):
    name: Line = ""
    context: Line = ""
    types: Ids = []
    scale: Ids = []
    maturity: Ids = []
    size: Ids = []
    photo: DraftPhoto | None = None


class _Entry(_Part):
    id: Id = ""
    own: Id = ""
    title: Line = ""


class DraftValue(_Entry):
    meaning: Words = ""
    practice: Words = ""


class DraftBlock(_Part):
    """Any of the four kinds; what belongs to another kind than its own is a gap."""

    kind: Literal["text", "list", "proportion", "file"] = "text"
    title: Line = ""
    text: Words = ""
    items: Lines = []
    percent: Number = 0
    upload: Upload = ""
    name: Line = ""
    width: Pixels = 1
    height: Pixels = 1


DraftField = Annotated[
    Annotated[Words, Tag("text")] | Annotated[Number, Tag("percent")] | Annotated[Lines, Tag("items")],
    Discriminator(kind_of_field),
]


class DraftMethod(_Entry):
    summary: Words = ""
    fields: Annotated[dict[Id, DraftField], Field(max_length=50)] = {}
    blocks: Annotated[list[DraftBlock], Field(max_length=50)] = []


DraftMethods = Annotated[list[DraftMethod], Field(max_length=100)]


class DraftDocument(_Part):
    """`template` fills the sections when all of them are empty."""

    schema_: Literal[1] = Field(default=1, alias="schema")
    language: Annotated[str, Field(pattern=LANGUAGE)] = "en"
    template: Id = ""
    community: DraftCommunity = DraftCommunity()
    values: Annotated[list[DraftValue], Field(max_length=100)] = []
    communication: DraftMethods = []
    membership: DraftMethods = []
    decisions: DraftMethods = []
    conflict: DraftMethods = []


NOTE: TypeAdapter[str] = TypeAdapter(Line)


def read_draft(plain: Any) -> dict[str, Any]:
    """The draft in its normal form; raise Invalid when it is of another shape, TooLarge when it is too big to keep."""
    try:
        document = DraftDocument.model_validate(plain)
    except ValidationError as error:
        raise invalid_document(document_errors(error), "The draft") from None
    kept = document.model_dump(mode="json", by_alias=True, exclude_unset=True)
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
