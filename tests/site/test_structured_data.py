"""JSON-LD: true facts, and text that cannot leave its `<script>`."""

import json
import re

from hypothesis import given, settings
from markupsafe import escape

from api.document.rule_document import RuleDocument
from rulepages.structured_data import structured_data
from tests.support.documents import small_document
from tests.support.rule_documents import STATED, rule_documents
from tests.support.uploads import PHOTO_NAMED


def test_the_facts() -> None:
    assert json.loads(structured_data(small_document(language="pt-BR"), STATED)) == {
        "@context": "https://schema.org",
        "@type": "DigitalDocument",
        "@id": STATED.address,
        "url": STATED.current,
        "name": "Riverside Tool Library",
        "description": "Neighbors who share tools and mend things together.",
        "version": "3",
        "dateModified": "2026-11-24T09:30:00Z",
        "inLanguage": "pt-BR",
        "license": "https://creativecommons.org/licenses/by-sa/4.0/",
        "identifier": {"@type": "PropertyValue", "propertyID": "SHA-256", "value": "0" * 64},
    }
    assert "description" not in json.loads(structured_data(small_document(community={"name": "Library"}), STATED))


@given(rule_documents())
@settings(max_examples=25, deadline=None)
def test_text_stays_data(document: RuleDocument) -> None:
    plain = document.to_json()
    text = structured_data(plain, STATED)
    assert not re.search("[<>&\u2028\u2029\n]", text)
    assert escape(text) == text  # a template's autoescape leaves it alone
    data = json.loads(text)
    assert (data["name"], data.get("description", "")) == (plain["community"]["name"], plain["community"]["context"])


def test_a_photo_is_its_image() -> None:
    document = small_document(community={"name": "Library", "photo": PHOTO_NAMED})
    assert json.loads(structured_data(document, STATED))["image"] == (
        f"https://rules.example.org/api/uploads/{PHOTO_NAMED['upload']}"
    )
