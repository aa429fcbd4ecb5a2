"""`rule.csv`, beside a rule: one row for each text, for a spreadsheet.

RFC 4180 with CRLF, and a byte order mark, without which Excel takes “ for three other letters. The columns are section,
entry, id, part and text; first come the stated facts and the community. A list has one row for each item, a picture or
file one for its name and one for its address.

A spreadsheet runs a cell that begins like a formula. Such a cell gets an apostrophe in front: it begins with `=`, `+`,
`-` or `@`, with one of their full-width forms, with a tab or a carriage return. Nothing reads this file back.
"""

import csv
import io
from collections.abc import Iterator, Mapping
from typing import Any

from rulepages.catalogue import SECTIONS, Catalogue, Facet, Section
from rulepages.formats import Stated
from rulepages.rule_text import Content, block_content
from rulepages.uploads import File, photo_of

COLUMNS = ("section", "entry", "id", "part", "text")
FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
BYTE_ORDER_MARK = "\ufeff"

Row = tuple[str, str, str, str, str]


def to_csv(catalogue: Catalogue, document: Mapping[str, Any], stated: Stated) -> str:
    file = io.StringIO(newline="")
    file.write(BYTE_ORDER_MARK)
    writer = csv.writer(file, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for rows in (_facts(stated), _community(catalogue, document, stated), _entries(catalogue, document, stated)):
        writer.writerows([safe(cell) for cell in row] for row in rows)
    return file.getvalue()


def safe(cell: str) -> str:
    """The cell as a spreadsheet shows it and does not run it."""
    return f"'{cell}" if cell.startswith(FORMULA) else cell


def _facts(stated: Stated) -> Iterator[Row]:
    yield "about", "", "", "Version", str(stated.version)
    yield "about", "", "", "Published", stated.published_at
    yield "about", "", "", "Permanent address", stated.address
    yield "about", "", "", "Current text", stated.current
    yield "about", "", "", "License", f"{stated.license}, {stated.license_url}"
    yield "about", "", "", "SHA-256", stated.sha256


def _community(catalogue: Catalogue, document: Mapping[str, Any], stated: Stated) -> Iterator[Row]:
    community = document["community"]
    yield "community", "", "", "Name", community["name"]
    if community.get("context"):
        yield "community", "", "", "Purpose", community["context"]
    if photo := photo_of(community):
        for text in _texts(photo, stated):
            yield "community", "", "", "Photo", text
    for facet in catalogue.facets:
        for id in community.get(facet.id) or []:
            yield "community", "", id, facet.title, _facet_title(facet, id)
    yield "community", "", "", "Language", document.get("language") or "en"
    if template := document.get("template"):
        known = catalogue.template(template)
        yield "community", "", template, "Template", known.title if known else template


def _facet_title(facet: Facet, id: str) -> str:
    return next((value.title for value in facet.values if value.id == id), id)


def _entries(catalogue: Catalogue, document: Mapping[str, Any], stated: Stated) -> Iterator[Row]:
    for section in map(catalogue.section, SECTIONS):
        for entry in document.get(section.id) or []:
            id = entry.get("id") or entry["own"]
            for part, content in _parts(section, entry):
                for text in _texts(content, stated):
                    yield section.id, entry["title"], id, part, text


def _parts(section: Section, entry: Mapping[str, Any]) -> Iterator[tuple[str, Content]]:
    """An entry's texts by label, in the order of its page. One without any has a row all the same: its title counts."""
    if section.id == "values":
        yield "Meaning", entry.get("meaning", "")
        if entry.get("practice"):
            yield "In practice", entry["practice"]
        return
    yield "In short", entry.get("summary", "")
    fields = entry.get("fields") or {}
    labels = {field.id: field.title for field in section.fields}
    for id in (*(id for id in labels if id in fields), *sorted(id for id in fields if id not in labels)):
        if fields[id] not in ("", []):
            yield labels.get(id) or id, fields[id]
    for block in entry.get("blocks") or []:
        yield block["title"], block_content(block)


def _texts(content: Content, stated: Stated) -> list[str]:
    if isinstance(content, File):
        return [text for text in (content.name, stated.upload(content.upload)) if text]
    if isinstance(content, list):
        return content
    return [f"{content} %" if isinstance(content, int) else content]
