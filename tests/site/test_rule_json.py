"""`rule.json`: canonical, checkable, and the same document again."""

import hashlib
import json
from dataclasses import replace

import pytest
from hypothesis import given, settings

from api.document.canonical_json import canonical_json, sha256_of
from api.document.rule_document import RuleDocument
from rulepages.formats import Unreadable, stated
from rulepages.rows import Version
from rulepages.rule_json import document_from_json, to_json
from tests.support.documents import full_document
from tests.support.rule_documents import STATED, rule_documents
from tests.support.sites import site


@given(rule_documents())
@settings(max_examples=30, deadline=None)
def test_the_same_document_and_its_canonical_bytes(document: RuleDocument) -> None:
    plain = document.to_json()
    sha256 = sha256_of(canonical_json(plain))
    text = to_json(plain, replace(STATED, sha256=sha256))
    assert text == canonical_json(json.loads(text))
    assert document_from_json(text) == plain == document_from_json(canonical_json(plain))
    inner = text.partition('"rule":')[2].partition(f',"sha256":"{sha256}"')[0]
    assert hashlib.sha256(inner.encode()).hexdigest() == sha256


def test_it_states_where_it_is_from() -> None:
    version = Version(2, "2026-12-01T08:00:00Z", "a" * 64, "We grew.", None)
    facts = json.loads(to_json(full_document("Library"), stated(site(), "library-1a2b", version)))
    del facts["rule"]
    assert facts == {
        "address": "https://rules.example.org/rules/library-1a2b/v/2/",
        "license": "CC BY-SA 4.0",
        "published_at": "2026-12-01T08:00:00Z",
        "sha256": "a" * 64,
        "version": 2,
    }


def test_what_is_not_json_names_its_line() -> None:
    with pytest.raises(Unreadable) as error:
        document_from_json('{"schema": 1,\n "community": {,}}')
    assert error.value.line == 2
