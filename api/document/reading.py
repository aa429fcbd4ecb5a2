"""From what was sent to a `RuleDocument`, or to words about what is wrong with it."""

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from api.document.rule_document import REASON, RuleDocument
from api.errors import Invalid

# pydantic's error types in our words; `{…}` are filled from the error's context.
SENTENCES = {
    "missing": "is missing",
    "string_too_short": "is empty",
    "string_too_long": "is longer than {max_length} characters",
    "too_long": "has more than {max_length} entries",
    "extra_forbidden": "is not part of a rule document",
    "string_type": "is not text",
    "list_type": "is not a list",
    "dict_type": "is not an object",
    "model_type": "is not an object",
    "model_attributes_type": "is not an object",
    "int_type": "is not a whole number",
    "greater_than_equal": "is less than {ge}",
    "less_than_equal": "is more than {le}",
    "string_pattern_mismatch": "is not written as it must be",
    "union_tag_not_found": "has no kind",
    "union_tag_invalid": "is of a kind that does not exist",
    "literal_error": "is not {expected}",
    "string_unicode": "is not text",
}
BLOCK_KINDS = ("text", "list", "proportion", "file")  # pydantic names them within a path


def read_document(plain: Any) -> RuleDocument:
    """Validate; raise Invalid, whose `details` are {"fieldErrors": {path: [sentence]}, "formErrors": [sentence]}."""
    try:
        return RuleDocument.model_validate(plain)
    except ValidationError as error:
        raise invalid_document(document_errors(error)) from None


def document_errors(error: ValidationError) -> dict[str, str]:
    """The first sentence for each document path; the path is empty where the whole document is meant."""
    found: dict[str, str] = {}
    for row in error.errors(include_url=False, include_input=False):
        found.setdefault(document_path(row["loc"]), sentence(row["type"], row["msg"], row.get("ctx") or {}))
    return found


def read_reason(text: str) -> str:
    """What changed and why, in one line; raise Invalid when there is none or too much of it."""
    try:
        return REASON.validate_python(text)
    except ValidationError as error:
        first = next(iter(document_errors(error).values()))
        raise invalid_document({"reason": first}) from None


def invalid_document(errors: Mapping[str, str], subject: str = "The rule") -> Invalid:
    """`subject` is what the sentence is about where no path is."""
    path, first = next(iter(errors.items()))
    fields = {path: [words] for path, words in errors.items() if path}
    return Invalid(
        f"{path or subject} {first}.", {"fieldErrors": fields, "formErrors": [errors[""]] if "" in errors else []}
    )


def document_path(loc: tuple[int | str, ...]) -> str:
    """`("decisions", 0, "fields", "core-principle", "str")` → `decisions.0.fields.core-principle`."""
    parts = [str(part) for part in loc]
    if "fields" in parts:  # below a field pydantic names the branch of the union that it tried
        parts = parts[: parts.index("fields") + 2]
    return ".".join(part for part in parts if part not in BLOCK_KINDS or parts[-1] == part)


def sentence(kind: str, message: str, context: Mapping[str, Any]) -> str:
    if kind == "value_error":
        return str(context.get("error", message))
    words = SENTENCES.get(kind)
    return words.format(**context) if words else "is not as it should be"
