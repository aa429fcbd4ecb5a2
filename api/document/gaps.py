"""What is still missing before a draft can be published, in words."""

import re
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from api.document.reading import document_errors
from api.document.rule_document import RuleDocument, is_visible
from rulepages.catalogue import SECTIONS

NO_NAME = "Your community has no name yet."
NOTHING_WRITTEN = "Nothing is written in any section yet."
ENTRY = re.compile(r"([a-z]+)\.(\d+)(?:\.(.+))?")
BLOCK = re.compile(r"blocks\.(\d+)")
PARTS = {
    "community.name": "The name of your community",
    "community.context": "What you say about your community",
    "template": "The template",
    "language": "The language",
}


def gaps(document: Mapping[str, Any]) -> list[str]:
    """Sentences in the order in which one would see to them; none when the draft can be published as it stands.

    A template fills the sections when all of them are empty.
    """
    found = []
    community = document.get("community", {})
    complete = dict(document)
    if not is_visible(community.get("name", "")):
        found.append(NO_NAME)
        complete["community"] = {**community, "name": "-"}
    if not any(document.get(section) for section in SECTIONS):
        if not document.get("template"):
            found.append(NOTHING_WRITTEN)
        complete["values"] = [{"own": "own-1", "title": "-"}]
    try:
        RuleDocument.model_validate(complete)
    except ValidationError as error:
        found += [_sentence(document, path, words) for path, words in document_errors(error).items()]
    return list(dict.fromkeys(found))


def _sentence(document: Mapping[str, Any], path: str, words: str) -> str:
    match = ENTRY.fullmatch(path)
    if match is None or match[1] not in SECTIONS:
        return f"{PARTS.get(path) or path.replace('.', ' ').capitalize()} {words}."
    section, index, part = match[1], int(match[2]), match[3]
    title = document[section][index].get("title", "")
    nth = f"{'Value' if section == 'values' else 'Method'} {index + 1}"
    entry = f"“{title}”" if is_visible(title) else nth
    where = entry if section == "values" else f"{entry} under {section.capitalize()}"
    if part is None:
        return f"{where} has no id of its own, or two."
    if part == "title" and words in ("is empty", "is missing"):
        return f"{where} has no title yet."
    if block := BLOCK.match(part):
        return f"{where}: part {int(block[1]) + 1} of its own details is not complete."
    return f"{where}: its {part.removeprefix('fields.').replace('-', ' ')} {words}."
