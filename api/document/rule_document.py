"""`RuleDocument`, schema 1: what is published. Its looser twin for drafts is in `draft_document`.

Stable kebab-case ids, never list positions or labels as keys; no floats, no clock, no author's name. Text is NFC,
without control characters; a line never holds a line end. Sizes are in characters.
"""

import re
import unicodedata
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    StrictInt,
    Tag,
    TypeAdapter,
    model_validator,
)

from rulepages import uploads
from rulepages.catalogue import SECTIONS

ID = r"^[a-z0-9]+(-[a-z0-9]+)*$"
LANGUAGE = r"^[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?$"

# What no page, feed or file can carry: control characters but tab and line end, lone surrogates, noncharacters.
UNPRINTABLE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufdd0-\ufdef"
    + "".join(chr(plane + low) for plane in range(0, 0x110000, 0x10000) for low in (0xFFFE, 0xFFFF))
    + "]"
)


def _clean(value: Any) -> Any:
    """Refuse what cannot be printed; fold line ends. Values that are not text are pydantic's business."""
    if not isinstance(value, str):
        return value
    if not value.replace("\n", "").isprintable() and UNPRINTABLE.search(value):  # the first is quick, and mostly enough
        raise ValueError("holds a character that cannot be printed")
    return unicodedata.normalize("NFC", value.replace("\r\n", "\n").replace("\r", "\n"))


def _one_line(value: Any) -> Any:
    return " ".join(value.split()) if isinstance(value, str) else value


def _several_lines(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    return "\n".join(line.rstrip() for line in value.replace("\u2028", "\n").split("\n")).strip()


def is_visible(value: str) -> bool:
    """Whether there is something that a reader can see, and click on."""
    return any(unicodedata.category(character)[0] in "LNPSM" for character in value)


def _visible(value: str) -> str:
    if not is_visible(value):
        raise ValueError("is empty")
    return value


# Validators run from the last to the first, lengths after them: what counts is what is kept.
ONE_LINE, CLEAN, VISIBLE = BeforeValidator(_one_line), BeforeValidator(_clean), AfterValidator(_visible)
SEVERAL_LINES = BeforeValidator(_several_lines)
Text = Annotated[str, Field(max_length=8000), SEVERAL_LINES, CLEAN]
Name = Annotated[str, Field(max_length=80), VISIBLE, ONE_LINE, CLEAN]
Summary = Annotated[str, Field(max_length=400), ONE_LINE, CLEAN]
Reason = Annotated[str, Field(max_length=400), VISIBLE, ONE_LINE, CLEAN]
Title = Annotated[str, Field(max_length=120), VISIBLE, ONE_LINE, CLEAN]
Item = Annotated[str, Field(max_length=200), VISIBLE, ONE_LINE, CLEAN]
Items = Annotated[list[Item], Field(max_length=50)]
Id = Annotated[str, Field(pattern=ID, max_length=80)]
Percent = Annotated[StrictInt, Field(ge=0, le=100)]
Pixels = Annotated[StrictInt, Field(ge=1, le=uploads.LONGEST_SIDE)]
Picture = Annotated[str, Field(pattern=f"^{uploads.PICTURE}$")]
Upload = Annotated[str, Field(pattern=f"^{uploads.NAME}$")]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Photo(_Part):
    """`upload` is a picture's id, as `POST /api/uploads` gives it with its size. `alt` says what it shows, in words."""

    upload: Picture
    alt: Summary = ""
    width: Pixels
    height: Pixels


class Community(_Part):
    """Who writes. `context` is the rule's summary. The four facets hold ids of the catalogue."""

    name: Name
    context: Summary = ""
    types: Annotated[list[Id], Field(max_length=10)] = []
    scale: Annotated[list[Id], Field(max_length=10)] = []
    maturity: Annotated[list[Id], Field(max_length=10)] = []
    size: Annotated[list[Id], Field(max_length=10)] = []
    photo: Photo | None = None


class _Entry(_Part):
    """Either `id`, from the catalogue, or `own`, the author's own; both are stable."""

    id: Id | None = None
    own: Id | None = None
    title: Title

    @model_validator(mode="after")
    def _has_one_name(self) -> "_Entry":
        if (self.id is None) == (self.own is None):
            raise ValueError("has either an id from the catalogue or an own one")
        return self

    @property
    def key(self) -> tuple[str, str]:
        return ("id", self.id) if self.id else ("own", self.own or "")


class Value(_Entry):
    meaning: Text = ""
    practice: Text = ""


class TextBlock(_Part):
    kind: Literal["text"]
    title: Title
    text: Text


class ListBlock(_Part):
    kind: Literal["list"]
    title: Title
    items: Items


class ProportionBlock(_Part):
    kind: Literal["proportion"]
    title: Title
    percent: Percent


class FileBlock(_Part):
    """A picture, with its size, or a PDF, without. `name` is what it is called, and what a picture shows."""

    kind: Literal["file"]
    title: Title
    upload: Upload
    name: Title
    width: Pixels | None = None
    height: Pixels | None = None

    @model_validator(mode="after")
    def _has_the_size_of_a_picture(self) -> "FileBlock":
        given = [self.width is not None, self.height is not None]
        if not all(given) and uploads.PICTURE_NAME.fullmatch(self.upload):
            raise ValueError("is a picture without its width and height")
        if any(given) and not uploads.PICTURE_NAME.fullmatch(self.upload):
            raise ValueError("is no picture, and has a width or height")
        return self


Block = Annotated[TextBlock | ListBlock | ProportionBlock | FileBlock, Field(discriminator="kind")]


def kind_of_field(value: Any) -> str:
    return "items" if isinstance(value, list) else "percent" if isinstance(value, int) else "text"


FieldValue = Annotated[
    Annotated[Text, Tag("text")] | Annotated[Percent, Tag("percent")] | Annotated[Items, Tag("items")],
    Discriminator(kind_of_field),
]


class Method(_Entry):
    summary: Text = ""
    fields: Annotated[dict[Id, FieldValue], Field(max_length=20)] = {}
    blocks: Annotated[list[Block], Field(max_length=20)] = []


def _distinct(entries: list[Any]) -> list[Any]:
    if len({entry.key for entry in entries}) != len(entries):
        raise ValueError("names the same value or method twice")
    return entries


Values = Annotated[list[Value], Field(max_length=20), AfterValidator(_distinct)]
Methods = Annotated[list[Method], Field(max_length=20), AfterValidator(_distinct)]


class RuleDocument(_Part):
    """What is published. `template` is the id of the template it began with, if any."""

    # `schema` is the contract's word; pydantic has a deprecated method of that name, hence the alias.
    schema_: Literal[1] = Field(default=1, alias="schema")
    language: Annotated[str, Field(pattern=LANGUAGE)] = "en"
    template: Id | None = None
    community: Community
    values: Values = []
    communication: Methods = []
    membership: Methods = []
    decisions: Methods = []
    conflict: Methods = []

    @model_validator(mode="after")
    def _says_something(self) -> "RuleDocument":
        if not any(getattr(self, section) for section in SECTIONS):
            raise ValueError("has nothing in any section yet: choose a template, or write something in one section")
        return self

    def to_json(self) -> dict[str, Any]:
        """Plain JSON; absent ids are left out, everything else is spelled out."""
        plain = self.model_dump(mode="json", by_alias=True, exclude_none=True)
        return {key: value for key, value in plain.items() if key not in SECTIONS or value}


REASON: TypeAdapter[str] = TypeAdapter(Reason)
