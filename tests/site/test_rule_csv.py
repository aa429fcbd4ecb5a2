"""`rule.csv`: every text once, in a shape that no spreadsheet runs."""

import csv
import io
from typing import Any

import pytest
from hypothesis import given, settings

from api.document.rule_document import RuleDocument
from rulepages.catalogue import METHOD_SECTIONS
from rulepages.rule_csv import COLUMNS, safe, to_csv
from tests.support.documents import catalogue, small_document
from tests.support.rule_documents import STATED, rule_documents
from tests.support.uploads import PDF_BLOCK, PHOTO_NAMED


def rows(document: dict[str, Any]) -> list[list[str]]:
    text = to_csv(catalogue(), document, STATED)
    assert text.startswith("\ufeff")
    return list(csv.reader(io.StringIO(text[1:], newline=""), strict=True))


def test_a_small_rule_in_full() -> None:
    document = small_document(
        template="consensus",
        community={"name": "Library", "context": "We share.", "size": ["one-member", "a-few"]},
        decisions=[
            {
                "id": "vote",
                "title": "Vote",
                "summary": "We vote.",
                "fields": {
                    "applicable-scope": ["Money", "Dates"],
                    "consensus-level": 75,
                    "quorum": "Half",
                    "core-principle": "",
                },
                "blocks": [{"kind": "proportion", "title": "Seats", "percent": 0}],
            }
        ],
    )
    assert to_csv(catalogue(), document, STATED) == "\ufeff" + "".join(
        f"{line}\r\n"
        for line in (
            "section,entry,id,part,text",
            "about,,,Version,3",
            "about,,,Published,2026-11-24T09:30:00Z",
            "about,,,Permanent address,https://rules.example.org/rules/riverside-1a2b/v/3/",
            "about,,,Current text,https://rules.example.org/rules/riverside-1a2b/",
            'about,,,License,"CC BY-SA 4.0, https://creativecommons.org/licenses/by-sa/4.0/"',
            f"about,,,SHA-256,{'0' * 64}",
            "community,,,Name,Library",
            "community,,,Purpose,We share.",
            "community,,one-member,Size,1 member",
            "community,,a-few,Size,a-few",
            "community,,,Language,en",
            "community,,consensus,Template,Consensus",
            "values,Care,own-1,Meaning,We look after each other.",
            "decisions,Vote,vote,In short,We vote.",
            "decisions,Vote,vote,Applicable scope,Money",
            "decisions,Vote,vote,Applicable scope,Dates",
            "decisions,Vote,vote,Consensus level,75 %",
            "decisions,Vote,vote,quorum,Half",
            "decisions,Vote,vote,Seats,0 %",
        )
    )


@pytest.mark.parametrize("first", ["=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠"])
def test_a_cell_that_begins_like_a_formula_gets_an_apostrophe(first: str) -> None:
    assert safe(f"{first}1+1") == f"'{first}1+1"
    assert safe(f"1{first}1") == f"1{first}1"


@given(rule_documents())
@settings(max_examples=30, deadline=None)
def test_every_text_is_there_and_no_formula(document: RuleDocument) -> None:
    plain = document.to_json()
    header, *found = rows(plain)
    assert tuple(header) == COLUMNS
    assert all(len(row) == len(COLUMNS) for row in found)
    assert not any(cell[:1] in "=+-@\t\r＝＋－＠" for row in found for cell in row if cell)
    texts = {(row[0], row[2], row[4]) for row in found}
    for section in ("values", *METHOD_SECTIONS):
        for entry in plain.get(section, []):
            id = entry.get("id") or entry["own"]
            wanted = [entry["meaning"], entry["practice"]] if section == "values" else [entry["summary"]]
            wanted += [item for value in entry.get("fields", {}).values() if isinstance(value, list) for item in value]
            wanted += [block["text"] for block in entry.get("blocks", []) if block["kind"] == "text"]
            for text in wanted:
                assert not text or (section, id, safe(text)) in texts
    assert ["community", "", "", "Name", safe(plain["community"]["name"])] in found


def test_a_picture_and_a_file_by_name_and_address() -> None:
    document = small_document(
        community={"name": "Library", "photo": {**PHOTO_NAMED, "alt": "=1+1"}},
        decisions=[{"own": "own-1", "title": "Vote", "blocks": [PDF_BLOCK]}],
    )
    found, folder = rows(document), "https://rules.example.org/api/uploads/"
    assert [row[4] for row in found if row[3] == "Photo"] == ["'=1+1", folder + str(PHOTO_NAMED["upload"])]
    assert [row[4] for row in found if row[3] == "Form"] == ["To borrow a tool", folder + PDF_BLOCK["upload"]]
