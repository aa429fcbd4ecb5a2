"""A rule as Markdown: it comes back whole, and what a person edits in it arrives."""

import re
from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.document.reading import read_document
from api.document.rule_document import RuleDocument
from rulepages.formats import Unreadable
from rulepages.headers import to_html
from rulepages.rule_markdown import from_markdown, read_markdown, to_markdown
from tests.support.documents import catalogue, full_document, small_document
from tests.support.rule_documents import STATED, rule_documents
from tests.support.uploads import PDF_BLOCK, PHOTO_NAMED, PICTURE_BLOCK

WORD = "juniperberry"  # in no strategy and in no catalogue text
DECISIONS = "decisions"


def written(document: dict[str, Any]) -> str:
    return to_markdown(catalogue(), read_document(document).to_json(), STATED)


def read(text: str) -> dict[str, Any]:
    return read_document(from_markdown(catalogue(), text)).to_json()


def rule(**changes: Any) -> dict[str, Any]:
    return read_document(small_document(**changes)).to_json()


def method(**changes: Any) -> dict[str, Any]:
    return {"own": "own-1", "title": "Vote", "summary": "We vote.", **changes}


# -- there and back ---------------------------------------------------------------------------------------------------


@given(rule_documents())
@settings(max_examples=100, deadline=None)
def test_every_document_comes_back(document: RuleDocument) -> None:
    plain = document.to_json()
    text = to_markdown(catalogue(), plain, STATED)
    assert read(text) == plain
    assert to_markdown(catalogue(), read(text), STATED) == text
    assert not re.search(r"(?<!\\)<[A-Za-z/!?]", text)  # what CommonMark would take for HTML


@given(rule_documents(), st.sampled_from(["crlf", "cr", "bom", "trailing", "end", "blank lines"]))
@settings(max_examples=60, deadline=None)
def test_what_editors_do_by_themselves_changes_nothing(document: RuleDocument, habit: str) -> None:
    plain = document.to_json()
    text = to_markdown(catalogue(), plain, STATED)
    saved = {
        "crlf": text.replace("\n", "\r\n"),
        "cr": text.replace("\n", "\r"),
        "bom": "\ufeff" + text,
        "trailing": text.replace("\n", " \t\n"),
        "end": text.rstrip(),
        "blank lines": "\n\n" + re.sub(r"\n(?=#{2,4} )", "\n\n\n", text) + "\n\n\n",
    }[habit]
    assert saved != text
    assert read(saved) == plain


def test_a_full_rule_reads_like_one() -> None:
    """Nothing in an ordinary rule needs a backslash, and every text stands there as it was typed."""
    document = full_document("Riverside Tool Library")
    text = written(document)
    assert "\\" not in text
    assert "{" not in re.sub(r" \{#[a-z0-9-]+\}$", "", text.split("## About")[0].split("## Values")[1], flags=re.M)
    for entry in (*document["values"], *document[DECISIONS]):
        for words in (entry["title"], entry.get("practice", ""), entry.get("summary", "")):
            assert words in text
    assert text.startswith("# Riverside Tool Library\n\nRound 0: we share tools")
    assert "- Size: 6 to 12 members {#six-to-twelve}\n" in text


def test_a_small_rule_in_full() -> None:
    document = rule(
        template="consensus",
        decisions=[
            method(
                fields={"consensus-level": 75, "applicable-scope": ["Money", "Dates"], "quorum": "Half of us."},
                blocks=[
                    {"kind": "text", "title": "Core principle", "text": "# 1 rule"},
                    {"kind": "list", "title": "Tools", "items": []},
                    {"kind": "text", "title": "Budget {2026}", "text": "- bread\n- <b>soup</b>"},
                ],
            )
        ],
    )
    assert to_markdown(catalogue(), document, STATED).split("\n## About")[0] == (
        "# Riverside Tool Library\n\nNeighbors who share tools and mend things together.\n\n"
        "- Template: Consensus {#consensus}\n- Language: en\n\n"
        "## Values\n\n### Care {.own-1}\n\nWe look after each other.\n\n"
        "## Decisions\n\n### Vote {.own-1}\n\nWe vote.\n\n"
        "#### Applicable scope {#applicable-scope}\n\n- Money\n- Dates\n\n"
        "#### Consensus level {#consensus-level}\n\n75 %\n\n"
        "#### Quorum {#quorum}\n\nHalf of us.\n\n"
        "#### Core principle {.own}\n\n\\# 1 rule\n\n"
        "#### Tools {.list}\n\n"
        "#### Budget {2026} {.text}\n\n- bread\n- \\<b>soup\\</b>\n"
    )


def test_it_states_its_version_and_holds_no_json() -> None:
    text = written(small_document())
    about = text.split("## About this file\n")[1]
    for fact in ("3", "2026-11-24T09:30:00Z", STATED.address, STATED.current, "CC BY-SA 4.0", STATED.sha256):
        assert re.search(rf"^- [^:]+: {re.escape(fact)}", about, re.MULTILINE), fact
    assert not re.search(r'[{\[]\s*"|":', text)


def test_a_tool_that_knows_attributes_hides_the_marks() -> None:
    html = to_html(written(small_document(values=[{"id": "care", "title": "Care", "meaning": "We care."}])))
    assert '<h3 id="care">Care</h3>' in html
    assert '<h3 class="own-1" id="we-talk-first">We talk first</h3>' in html


# -- what a person edits ----------------------------------------------------------------------------------------------


def text_fields(document: dict[str, Any]) -> list[tuple[str | int, ...]]:
    """The paths of every text, in any place of a document; not of ids."""
    found: list[tuple[str | int, ...]] = []

    def visit(value: Any, path: tuple[str | int, ...]) -> None:
        if isinstance(value, dict):
            for key, inner in value.items():
                if key not in (
                    "id",
                    "own",
                    "kind",
                    "schema",
                    "language",
                    "template",
                    "types",
                    "scale",
                    "maturity",
                    "size",
                    "upload",
                ):
                    visit(inner, (*path, key))
        elif isinstance(value, list):
            for index, inner in enumerate(value):
                visit(inner, (*path, index))
        elif isinstance(value, str):
            found.append(path)

    visit(document, ())
    return found


def put(document: dict[str, Any], path: tuple[str | int, ...], change: Callable[[str], str]) -> dict[str, Any]:
    changed: Any = deepcopy(document)
    holder = changed
    for key in path[:-1]:
        holder = holder[key]
    holder[path[-1]] = change(holder[path[-1]])
    whole: dict[str, Any] = changed
    return whole


@given(rule_documents(), st.data(), st.sampled_from(["start", "end"]))
@settings(max_examples=60, deadline=None)
def test_a_changed_word_arrives_and_nothing_else(document: RuleDocument, data: st.DataObject, where: str) -> None:
    plain = document.to_json()
    path = data.draw(st.sampled_from(text_fields(plain)))
    plain = put(plain, ("community", "name"), lambda name: f"a {name[:60]}")  # so that there is room for a word
    before = read_document(put(plain, path, lambda text: f"{WORD} {text}" if where == "start" else f"{text} {WORD}"))
    text = to_markdown(catalogue(), before.to_json(), STATED)
    assert text.count(WORD) == 1
    after = put(before.to_json(), path, lambda text: text.replace(WORD, "elder & ivy"))
    assert read(text.replace(WORD, "elder & ivy")) == after


ENTRY = re.compile(r"^### .*\n(?:(?!#{1,3}[ \n]).*\n)*", re.MULTILINE)


@given(rule_documents(), st.data())
@settings(max_examples=60, deadline=None)
def test_deleted_and_reordered_entries_arrive(document: RuleDocument, data: st.DataObject) -> None:
    plain = document.to_json()
    text = to_markdown(catalogue(), plain, STATED)
    head, _, rest = text.partition("\n## Values\n")
    values, _, tail = rest.partition("\n## ")
    entries = ENTRY.findall(values + "\n")
    assert len(entries) == len(plain["values"])
    order = data.draw(st.lists(st.sampled_from(range(len(entries))), unique=True, min_size=1))
    edited = f"{head}\n## Values\n\n{''.join(entries[index] for index in order)}\n## {tail}"
    assert read(edited) == {**plain, "values": [plain["values"][index] for index in order]}


def test_a_new_method_needs_no_id() -> None:
    text = written(small_document()).replace(
        "## About",
        "### We sleep on it\n\nNothing that costs money is decided at night.\n\n#### Who may call a halt\n\n"
        "- Whoever is tired\n- The host\n\n#### Consensus level\n\n66%\n\n#### Share who agree\n\n60 %\n\n## About",
    )
    first, new = read(text)["decisions"]
    assert first == rule()["decisions"][0]
    assert new == {
        "own": "own-2",
        "title": "We sleep on it",
        "summary": "Nothing that costs money is decided at night.",
        "fields": {"consensus-level": 66},
        "blocks": [
            {"kind": "list", "title": "Who may call a halt", "items": ["Whoever is tired", "The host"]},
            {"kind": "proportion", "title": "Share who agree", "percent": 60},
        ],
    }


def test_a_new_id_is_none_that_stands_further_down() -> None:
    text = written(small_document()).replace("### Care", "### Rest\n\nWe close in August.\n\n### Care")
    assert [value["own"] for value in read(text)["values"]] == ["own-2", "own-1"]


def test_a_new_section() -> None:
    text = written(small_document()).replace("## About", "## CONFLICT\n\n### Tea\n\nWe drink tea.\n\n## About")
    assert read(text)["conflict"] == [
        {"own": "own-1", "title": "Tea", "summary": "We drink tea.", "fields": {}, "blocks": []}
    ]


def test_lists_and_percents() -> None:
    fields = {"applicable-scope": ["Money"], "consensus-level": 100}
    text = written(small_document(decisions=[method(fields=fields)]))
    edited = text.replace("- Money\n", "- Money\n* Dates that\n  move\n+ The key\n-\n").replace("100 %", "0")
    assert read(edited)["decisions"][0]["fields"] == {
        "applicable-scope": ["Money", "Dates that move", "The key"],
        "consensus-level": 0,
    }


@pytest.mark.parametrize(
    ("line", "sizes"),
    [
        ("- Size: 13 to 100 members {#six-to-twelve}", ["thirteen-to-one-hundred"]),  # typed over, the mark left behind
        ("- Size: 100 to 100,000 members", ["one-hundred-to-one-hundred-k"]),
        ("* size: 1 Member, 2 to 5 members", ["one-member", "two-to-five"]),
        ("- Size: 1 member {#one-member}; two-to-five", ["one-member", "two-to-five"]),
        ("- Size: {#a-few}", ["a-few"]),
        ("- Size:", []),
        ("", []),
    ],
)
def test_facts_of_a_community(line: str, sizes: list[str]) -> None:
    text = written(small_document(community={"name": "Library", "size": ["six-to-twelve"]}))
    edited = text.replace("- Size: 6 to 12 members {#six-to-twelve}", line)
    assert edited != text
    assert read(edited)["community"]["size"] == sizes


def test_template_and_language_can_be_changed() -> None:
    text = written(small_document(template="consensus"))
    edited = read(text.replace("Consensus {#consensus}", "Do-ocracy").replace("Language: en", "Language: pt-BR"))
    assert (edited["template"], edited["language"]) == ("do-ocracy", "pt-BR")
    assert "template" not in read(text.replace("- Template: Consensus {#consensus}\n", ""))


def test_a_purpose_may_be_wrapped_and_emptied() -> None:
    text = written(small_document())
    assert read(text.replace("share tools and", "share tools\nand")) == rule()
    emptied = read(text.replace("Neighbors who share tools and mend things together.\n", ""))
    assert emptied["community"]["context"] == ""


def test_a_deleted_mark_makes_the_entry_ones_own() -> None:
    text = written(small_document(values=[{"id": "care", "title": "Care", "meaning": "We care."}]))
    (value,) = read(text.replace(" {#care}", ""))["values"]
    assert value == {"own": "own-1", "title": "Care", "meaning": "We care.", "practice": ""}


def test_the_file_about_itself_is_not_read() -> None:
    text = written(small_document())
    assert read(text.split("## About")[0]) == rule()
    assert read(text.replace("- Version: 3", "- Version: 4\n- Note: ours")) == rule()


# -- pictures and files -----------------------------------------------------------------------------------------------


def test_pictures_are_seen_in_any_viewer() -> None:
    document = rule(
        community={"name": "Library", "photo": {**PHOTO_NAMED, "alt": "Us [all] \\"}},
        decisions=[method(blocks=[PICTURE_BLOCK, PDF_BLOCK])],
    )
    text = to_markdown(catalogue(), document, STATED)
    folder = "https://rules.example.org/api/uploads/"
    for line in (
        f"- Photo: ![Us \\[all\\] \\\\]({folder}{PHOTO_NAMED['upload']}){{width=1600 height=900}}",
        f"#### Where tools hang\n\n![The wall]({folder}{PICTURE_BLOCK['upload']}){{width=400 height=1200}}",
        f"#### Form\n\n[To borrow a tool]({folder}{PDF_BLOCK['upload']})",
    ):
        assert f"\n{line}\n" in text
    assert read(text) == document
    html = to_html(text)
    (photo,) = re.findall(r"<li>Photo: (<img [^>]*>)</li>", html)
    for attribute in ('alt="Us [all] \\"', f'src="{folder}{PHOTO_NAMED["upload"]}"', 'width="1600"', 'height="900"'):
        assert attribute in photo
    assert f'<a href="{folder}{PDF_BLOCK["upload"]}">To borrow a tool</a>' in html


def test_their_words_can_be_edited_and_they_can_be_moved() -> None:
    document = rule(
        community={"name": "Library", "photo": PHOTO_NAMED},
        decisions=[method(blocks=[PDF_BLOCK]), method(own="own-2")],
    )
    text = to_markdown(catalogue(), document, STATED)
    edited = read(
        text.replace("![Two of us mend a bicycle]", "![We mend]").replace("[To borrow a tool]", "[Borrowing]")
    )
    assert edited["community"]["photo"] == {**PHOTO_NAMED, "alt": "We mend"}
    assert edited[DECISIONS][0]["blocks"] == [{**PDF_BLOCK, "name": "Borrowing"}]
    part = text.split("#### Form")[1].split("###")[0]
    moved = text.replace(f"#### Form{part}", "").replace("\n\n## About", f"\n\n#### Form{part.rstrip()}\n\n## About")
    assert [entry["blocks"] for entry in read(moved)[DECISIONS]] == [[], [PDF_BLOCK]]
    photo = next(line for line in text.splitlines() if line.startswith("- Photo"))
    assert "photo" not in read(text.replace(f"{photo}\n", ""))["community"]


# -- what cannot be read ----------------------------------------------------------------------------------------------

START = "# Library\n\n## Decisions\n\n### Vote {.own-1}\n\n"


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("", 1, "begins with `# `"),
        ("\n\nOur rule", 3, "begins with `# `"),
        ("## Values\n", 1, "begins with `# `"),
        ("# Library\n\n- Color: red", 3, "Kind of community"),
        ("# Library\n\n- a purpose", 3, "written \\-"),
        ("# Library\n\n- Size: enormous", 3, "2 to 5 members"),
        ("# Library\n\n- Template: Mine", 3, "Do-ocracy"),
        ("# Library\n\n## Wishes", 3, "Values, Communication, Membership, Decisions, Conflict"),
        ("# Library\n\n## Values\n\nWe care.", 5, "`### `"),
        ("# Library\n\n### Vote", 3, "stands in a section"),
        ("# Library\n\n## Decisions\n\n#### Scope", 5, "stands below a value or method"),
        ("# Library\n\n## Decisions\n\n###", 5, "has a title"),
        (START + "# New", 7, "\\# …"),
        (START + "####\n", 7, "has a label"),
        (START + "### Again {.own-1}", 7, "on line 5"),
        (START + "### Two {#a .b}", 7, "one id"),
        (START + "### Odd {#Not An Id}", 7, "is no mark"),
        (START + "#### Consensus level\n\nmost of us\n", 9, "from 0 to 100"),
        (START + "#### Consensus level\n", 7, "from 0 to 100"),
        (START + "#### Applicable scope\n\n- Money\nDates\n", 10, "begins with `- `"),
        (START + "#### Core principle\n\na\n\n#### Core principle {#core-principle}\n", 11, "already"),
        (START + "#### Tools {.heap}", 7, "{.text}, {.list}, {.percent}, {.file}"),
        ("# Library\n\n- Photo: ![a](https://example.org/a.jpg)", 3, "delete this line"),
        (f"# Library\n\n- Photo: [a](/api/uploads/{PHOTO_NAMED['upload']})", 3, "delete this line"),
        (START + "#### Form {.file}\n\nIn the drawer.", 7, "delete this part"),
        (
            START + f"#### Core principle {{#core-principle .file}}\n\n[a](/api/uploads/{PDF_BLOCK['upload']})",
            7,
            "no file",
        ),
        ("# Library\n\n## Values\n\n### Care\n\n#### Scope", 7, "In practice"),
        ("# Library\n\n## About this file\n\n- a: b\n\nOne more thing.", 7, "is not part of the rule"),
        ("# Library\n\n## About this file\n\n### Vote", 5, "is not part of the rule"),
    ],
)
def test_an_error_names_its_line_and_what_is_expected(text: str, line: int, words: str) -> None:
    with pytest.raises(Unreadable) as error:
        from_markdown(catalogue(), text)
    assert error.value.line == line
    assert words in error.value.message
    assert str(error.value) == f"Line {line}: {error.value.message}"


@given(
    st.text(st.sampled_from("#-{}.\\% \nabVvalues19"), max_size=60)
    | rule_documents().map(lambda d: written(d.to_json()))
)
@settings(max_examples=80, deadline=None)
def test_any_text_is_read_or_refused_with_a_line(text: str) -> None:
    for cut in (text, f"# Name\n## Values\n{text}", text[: len(text) * 2 // 3], text[len(text) // 3 :]):
        assert line_at_fault(cut) in range(cut.count("\n") + 2)


def line_at_fault(text: str) -> int | None:
    """0 when there is none."""
    try:
        read_markdown(catalogue(), text)
    except Unreadable as error:
        return error.line
    return 0


@given(rule_documents())
@settings(max_examples=30, deadline=None)
def test_each_path_knows_its_line(document: RuleDocument) -> None:
    text = to_markdown(catalogue(), document.to_json(), STATED)
    _, lines = read_markdown(catalogue(), text)
    rows = text.split("\n")
    for index, value in enumerate(document.to_json()["values"]):
        assert rows[lines[f"values.{index}"] - 1].endswith(
            f"{{#{value['id']}}}" if "id" in value else f"{{.{value['own']}}}"
        )
    assert lines["language"] == rows.index(f"- Language: {document.language}", lines["community.name"]) + 1
