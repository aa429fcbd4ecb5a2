"""What goes over the wire: JSON and forms in, JSON out, cookies. Pure functions over bytes; no Falcon here."""

import json
import re
from collections.abc import Mapping
from typing import Annotated, Any, TypeVar
from urllib.parse import parse_qsl

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from api.document.reading import document_errors, invalid_document
from api.errors import Invalid, NotJson, TooLarge, WrongType
from api.people import clean_email

BODY_BYTES = 512 * 1024
FORM_BYTES = 3 * BODY_BYTES  # a form sends each byte of most scripts as three
FORM_FIELDS = 2000
DEPTH = 40  # a rule document is 6 deep
JSON_TYPE = "application/json"
FORM_TYPE = "application/x-www-form-urlencoded"
ESCAPED_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


class Body(BaseModel):
    """Base of request bodies: unknown fields are refused, and nothing is converted silently."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


B = TypeVar("B", bound=Body)


def _address(value: str) -> str:
    try:
        return clean_email(value)
    except Invalid:
        raise ValueError("is not an address") from None


def _address_or_none(value: str) -> str:
    return _address(value) if value.strip() else ""


# The same grammar wherever an address is read; it comes out in the form that it is kept in.
Email = Annotated[str, Field(max_length=320), AfterValidator(_address)]
OptionalEmail = Annotated[str, Field(max_length=320), AfterValidator(_address_or_none)]


def read_body(model: type[B], raw: bytes, content_type: str | None) -> B:
    """The body as the model; raise Invalid with the envelope's `details` when it does not fit."""
    return read_fields(model, parse_json(raw, content_type))


def read_form(model: type[B], form: Mapping[str, str]) -> B:
    """The fields of a posted form that the model knows; the others are the form's own business."""
    return read_fields(model, {name: form[name] for name in model.model_fields if name in form})


def read_fields(model: type[B], fields: Any) -> B:
    """The same of what was parsed already."""
    try:
        return model.model_validate(fields)
    except ValidationError as error:
        raise invalid_document(document_errors(error), subject="The body") from None


def parse_json(raw: bytes, content_type: str | None) -> Any:
    """Strict JSON: UTF-8, no NaN, no lone surrogates, not too deep, no key twice."""
    require_type(content_type, JSON_TYPE)
    check_size(raw)
    try:
        text = raw.decode("utf-8")
        value = json.loads(text, parse_constant=_refuse_constant, object_pairs_hook=_distinct_keys)
        check_depth(value)
        if ESCAPED_SURROGATE.search(text):
            json.dumps(value, ensure_ascii=False).encode()  # a whole pair passes, half of one does not
    except RecursionError:
        raise NotJson("The body is nested too deeply.") from None
    except ValueError as error:
        raise NotJson(f"The body is not JSON: {_first_words(error)}.") from None
    return value


def parse_form(raw: bytes, content_type: str | None) -> dict[str, str]:
    """The fields of a posted form; of a name that comes twice the last one counts. Line ends are `\\n`."""
    require_type(content_type, FORM_TYPE)
    check_size(raw, FORM_BYTES)
    try:
        pairs = parse_qsl(
            raw.decode("ascii"),
            keep_blank_values=True,
            errors="strict",
            max_num_fields=FORM_FIELDS,
            strict_parsing=False,
        )
    except ValueError:
        raise Invalid("The form could not be read: it is not UTF-8, or has too many fields.") from None
    return {name: value.replace("\r\n", "\n") for name, value in pairs}


def is_form(content_type: str | None) -> bool:
    return _bare(content_type) == FORM_TYPE


def require_type(content_type: str | None, wanted: str) -> None:
    if _bare(content_type) != wanted:
        raise WrongType(f"Send the body as {wanted}.")


def check_size(raw: bytes, limit: int = BODY_BYTES) -> None:
    if len(raw) > limit:
        raise TooLarge(f"The body is larger than {limit // 1024} KiB.")


def to_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def check_depth(value: Any, depth: int = 0) -> None:
    """Raise ValueError for what is nested too deeply."""
    if depth > DEPTH:
        raise ValueError("it is nested too deeply")
    if isinstance(value, dict):
        for key, item in value.items():
            check_depth(key, depth + 1)
            check_depth(item, depth + 1)
    elif isinstance(value, list):
        for item in value:
            check_depth(item, depth + 1)


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON number")


def _distinct_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice in one object")
    return found


def _bare(content_type: str | None) -> str:
    return (content_type or "").partition(";")[0].strip().lower()


def _first_words(error: ValueError) -> str:
    """What is wrong, without repeating what was sent."""
    if isinstance(error, UnicodeDecodeError):
        return "it is not UTF-8"
    if isinstance(error, UnicodeEncodeError):
        return "it holds half of a character"
    if isinstance(error, json.JSONDecodeError):
        return f"line {error.lineno}, column {error.colno}"
    return str(error) if len(str(error)) < 60 and "Exceeds" not in str(error) else "it holds a number that is too long"
