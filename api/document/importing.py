"""From a file that a person hands in to a `RuleDocument`: our JSON, a bare document, or our Markdown.

How large a file may be is for the API to say.
"""

import codecs

from api.document.reading import invalid_document, read_document
from api.document.rule_document import RuleDocument
from api.errors import Invalid
from rulepages.catalogue import Catalogue
from rulepages.formats import Unreadable
from rulepages.rule_json import document_from_json
from rulepages.rule_markdown import read_markdown

# Windows editors call these “Unicode”; without such a mark a file is UTF-8.
MARKS = ((codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"), (codecs.BOM_UTF8, "utf-8-sig"))


def read_import(file: str | bytes, catalogue: Catalogue) -> RuleDocument:
    """The document in a file. Raise Invalid, whose message names the line where it can."""
    text = _decode(file) if isinstance(file, bytes) else file.removeprefix("\ufeff")
    try:
        if text.lstrip().startswith(("{", "[")):
            return read_document(document_from_json(text))
        plain, lines = read_markdown(catalogue, text)
    except Unreadable as error:
        raise Invalid(str(error), {"fieldErrors": {}, "formErrors": [str(error)]}) from None
    try:
        return read_document(plain)
    except Invalid as error:
        raise _on_its_line(error, lines) from None


def _decode(file: bytes) -> str:
    encoding = next((name for mark, name in MARKS if file.startswith(mark)), "utf-8")
    try:
        return file.decode(encoding)
    except UnicodeDecodeError:
        raise invalid_document({"": "is not text in UTF-8: save it as UTF-8 and try again"}, "The file") from None


def _on_its_line(error: Invalid, lines: dict[str, int]) -> Invalid:
    """The same error, with the line of the first path that it is about."""
    path = next(iter((error.details or {}).get("fieldErrors", {})), "")
    while path and path not in lines:
        path = path.rpartition(".")[0]
    return Invalid(f"Line {lines[path]}: {error.message}" if path else error.message, error.details)
