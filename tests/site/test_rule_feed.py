"""A rule's own feed: Atom, an entry for each version, all dates from rows."""

from xml.etree import ElementTree

import pytest

from rulepages.rows import Rule, Version
from rulepages.rule_pages import rule_feed
from tests.support.hostile import HOSTILE
from tests.support.sites import environment, site

ATOM = "{http://www.w3.org/2005/Atom}"


def feed(title: str, *reasons: str) -> tuple[str, ElementTree.Element]:
    versions = tuple(
        Version(number, f"2026-11-{20 + number}T09:30:00Z", "0" * 64, reason, title)
        for number, reason in enumerate(("", *reasons), start=1)
    )
    page = rule_feed(site(), Rule("library-1a2b", {}, title, "", versions))
    text = environment().get_template(page.template).render(page.context())
    return text, ElementTree.fromstring(text)


def words(element: ElementTree.Element, name: str) -> str:
    (found,) = element.findall(ATOM + name)
    return found.text or ""


def test_an_entry_for_each_version_newest_first() -> None:
    _, root = feed("Library", "We grew.", "We moved.")
    entries = root.findall(f"{ATOM}entry")
    assert [(words(entry, "title"), words(entry, "summary"), words(entry, "updated")) for entry in entries] == [
        ("Library, version 3", "We moved.", "2026-11-23T09:30:00Z"),
        ("Library, version 2", "We grew.", "2026-11-22T09:30:00Z"),
        ("Library, version 1", "First published.", "2026-11-21T09:30:00Z"),
    ]
    for number, entry in zip((3, 2, 1), entries, strict=True):
        address = f"https://rules.example.org/rules/library-1a2b/v/{number}/"
        assert words(entry, "id") == address
        (link,) = entry.findall(f"{ATOM}link")
        assert link.attrib == {"rel": "alternate", "type": "text/html", "href": address}


def test_what_atom_asks_of_a_feed() -> None:
    text, root = feed("Library", "We grew.")
    assert text.startswith('<?xml version="1.0" encoding="utf-8"?>\n')
    assert root.tag == f"{ATOM}feed"
    assert words(root, "id") == "https://rules.example.org/rules/library-1a2b/feed.xml"
    assert words(root, "updated") == "2026-11-22T09:30:00Z"  # of the newest version, whatever the clock says
    assert words(root, "rights") == "CC BY-SA 4.0"
    (author,) = root.findall(f"{ATOM}author")
    assert words(author, "name") == "Library"
    links = {link.get("rel"): link.get("href") for link in root.findall(f"{ATOM}link")}
    assert links == {
        "self": "https://rules.example.org/rules/library-1a2b/feed.xml",
        "alternate": "https://rules.example.org/rules/library-1a2b/",
    }
    ids = [element.text for element in root.iter(f"{ATOM}id")]
    assert len(set(ids)) == len(ids)


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_texts_are_only_text(text: str) -> None:
    one_line = " ".join(text.split())
    _, root = feed(one_line, one_line)
    newest = root.findall(f"{ATOM}entry")[0]
    assert words(newest, "summary") == (one_line or "First published.")
    assert words(newest, "title") == f"{one_line}, version 2"
