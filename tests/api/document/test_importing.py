"""What a person hands in: the file that we gave, an edited one, or something else."""

import json
from typing import Any

import pytest
from hypothesis import given, settings

from api.document.canonical_json import canonical_json
from api.document.importing import read_import
from api.document.reading import read_document
from api.document.rule_document import RuleDocument
from api.errors import Invalid
from rulepages.rule_json import to_json
from rulepages.rule_markdown import to_markdown
from tests.support.documents import catalogue, small_document
from tests.support.rule_documents import STATED, rule_documents


def rule(**changes: Any) -> dict[str, Any]:
    return read_document(small_document(**changes)).to_json()


@given(rule_documents())
@settings(max_examples=40, deadline=None)
def test_each_format_gives_the_same_document(document: RuleDocument) -> None:
    plain = document.to_json()
    envelope, markdown = to_json(plain, STATED), to_markdown(catalogue(), plain, STATED)
    for text in (envelope, canonical_json(plain), json.dumps(plain, indent=2), markdown):
        assert read_import(text, catalogue()) == document
        assert read_import(text.encode(), catalogue()) == document


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le-bom", "utf-16-be-bom"])
def test_how_editors_save(encoding: str) -> None:
    plain = rule(conflict=[{"own": "own-1", "title": "Gespräch – 対話"}])
    for text in (to_markdown(catalogue(), plain, STATED), to_json(plain, STATED)):
        windows = text.replace("\n", "\r\n")
        data = f"\ufeff{windows}".encode(encoding[:9]) if encoding.endswith("bom") else windows.encode(encoding)
        assert read_import(data, catalogue()).to_json() == plain


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "Line 1: the file begins with `# `"),
        ("Dear all,\nplease find our rule attached.", "Line 1: the file begins with `# `"),
        ('{"schema": 1,\n"community": }', "Line 2: this is not JSON: expecting value."),
        ('{"schema": 1, "schema": 1}', "the same key twice"),
        ('{"schema": NaN}', "NaN is not a number"),
        ('{"community": {"name": "\\ud800"}}', "half of a character"),
        ("[" * 200_000, "nested too deeply"),
        ("[1" + "0" * 5000 + "]", "not JSON that a rule is written in"),
        ("[]", "The rule is not an object."),
        ('{"rule": {"schema": 2}}', "schema is not 1"),
        ('{"schema": 1.5}', "schema is not 1"),
        ("# Library\n", "has nothing in any section yet"),
        ("#\n\n## Values\n\n### Care", "Line 1: community.name is empty."),
        (f"# Library\n\n## Values\n\n### {'x' * 121}", "Line 5: values.0.title is longer than 120 characters."),
        ("# Library\n\n- Language: English\n\n## Values\n\n### Care", "Line 3: language is not written as it must be."),
        (
            "# L\n\n## Decisions\n\n### Vote\n\n#### Consensus level\n\n101 %",
            "Line 7: decisions.0.fields.consensus-level",
        ),
        (
            "# L\n\n## Conflict\n\n### Tea\n\n#### Tools\n\n- a\n- " + "x" * 201,
            "Line 7: conflict.0.blocks.0.items.1 is",
        ),
    ],
)
def test_what_is_no_rule_is_refused_in_words(text: str, words: str) -> None:
    with pytest.raises(Invalid) as error:
        read_import(text, catalogue())
    assert words in error.value.message
    assert error.value.details
    assert set(error.value.details) == {"fieldErrors", "formErrors"}


def test_a_file_that_is_no_text() -> None:
    with pytest.raises(Invalid, match="The file is not text in UTF-8"):
        read_import(b"\x89PNG\r\n\x1a\n", catalogue())
    with pytest.raises(Invalid, match="The file is not text in UTF-8"):
        read_import(b"\xff\xfe#", catalogue())
