"""A hypothesis strategy for every rule document that there can be, in its normal form."""

from typing import Any

from hypothesis import strategies as st

from api.document.reading import read_document
from api.document.rule_document import RuleDocument
from api.errors import Invalid
from rulepages.catalogue import METHOD_SECTIONS
from rulepages.formats import Stated
from tests.support.documents import catalogue
from tests.support.hostile import lines, texts

STATED = Stated(
    version=3,
    published_at="2026-11-24T09:30:00Z",
    address="https://rules.example.org/rules/riverside-1a2b/v/3/",
    current="https://rules.example.org/rules/riverside-1a2b/",
    sha256="0" * 64,
)

UPLOADED = f"[a](https://x/api/uploads/{'0a' * 32}.webp)"
# Texts that look like our own Markdown file, like somebody else's, or like what an editor leaves behind.
LOOKALIKES = [
    "# Name\n\n## Values\n\n### Care {#care}\n\n#### In practice {#practice}\n\n75 %",
    "## About this file\n- Version: 1",
    "####\n#####\n###### Six\n#hashtag\n  ## indented",
    "+++\nid = 'x'\n+++\n---\n***\n===",
    "- a\n- b",
    "- a\n\n- b",
    "* a\n+ b\n-",
    "- a\n    - four spaces\n\ttab",
    "1. one\n2) two",
    "First:\n\n\n\n    code\n\nLast",
    "75 %",
    "100%",
    "007",
    "101 %",
    "\\",
    "\\# \\- \\\\ \\{ \\a \\",
    "a\\\nb\\",
    "\\<b>\\<!-- <!-- <?php </p> < 3 <3 a<b",
    "Title {#care}",
    "Title {.own-1}",
    "Title {.list} {#x",
    "Title \\{#care}",
    "{#care}",
    UPLOADED,
    f"!{UPLOADED}{{width=3 height=4}}",
    f"\\{UPLOADED}",
    f"Photo: !{UPLOADED}{{width=3 height=4}}",
    "[a](b) \\[c\\] ![",
    "{2026}",
    "Size: 2 to 5 members",
    "- Size: 2 to 5 members {#two-to-five}; Other",
    "Core principle",
    "core-principle",
    "CONSENSUS LEVEL {.own}",
    "In practice",
    "Values",
    "#",
    "# #",
    "-",
    "> quote\n| a | b |\n```\n# in a fence\n```",
    "שלום # לא כותרת\n- א\n- ב",
    "a\u2029b\u0085c\u00a0",
    "\ufeffa",
]

some_text = st.one_of(
    st.sampled_from([*LOOKALIKES, ""]),
    texts(),
    st.lists(st.sampled_from([*LOOKALIKES, "", "word"]), max_size=4).map("\n".join),
    st.text(st.sampled_from("#-*+.{}[]\\<>%:;0a \n\t"), max_size=30),
)
some_line = st.one_of(st.sampled_from(LOOKALIKES), lines(), st.text(st.sampled_from("#-.{}\\<a "), max_size=20)).map(
    lambda text: text[:80] if any(character in "#-.{}\\<>" or character.isalnum() for character in text[:80]) else "a"
)
some_id = st.from_regex(r"[a-z0-9]{1,4}(-[a-z0-9]{1,4}){0,2}", fullmatch=True)
items = st.lists(some_line, max_size=4)
percents = st.sampled_from([0, 1, 50, 75, 99, 100])
pictures, pdfs = (st.from_regex(rf"[0-9a-f]{{64}}\.{kind}", fullmatch=True) for kind in ("webp", "pdf"))
pixels = st.integers(1, 2048)
blocks = st.one_of(
    st.builds(lambda title, text: {"kind": "text", "title": title, "text": text}, some_line, some_text),
    st.builds(lambda title, some: {"kind": "list", "title": title, "items": some}, some_line, items),
    st.builds(lambda title, some: {"kind": "proportion", "title": title, "percent": some}, some_line, percents),
    st.builds(
        lambda title, upload, name, width, height: {
            "kind": "file",
            "title": title,
            "upload": upload,
            "name": name,
            "width": width,
            "height": height,
        },
        *(some_line, pictures, some_line, pixels, pixels),
    ),
    st.builds(
        lambda title, upload, name: {"kind": "file", "title": title, "upload": upload, "name": name},
        *(some_line, pdfs, some_line),
    ),
)
photos = st.builds(
    lambda upload, alt, width, height: {"upload": upload, "alt": alt, "width": width, "height": height},
    *(pictures, some_text, pixels, pixels),
)


def _names(known: list[str]) -> st.SearchStrategy[dict[str, str]]:
    """An entry's id: of the catalogue, of another catalogue, or the author's own."""
    ids = st.one_of(st.sampled_from(known), some_id)
    own = st.one_of(st.integers(1, 9).map("own-{}".format), some_id, st.sampled_from(["own", "text", "list"]))
    return st.one_of(ids.map(lambda id: {"id": id}), own.map(lambda id: {"own": id}))


def _facet(facet: str) -> st.SearchStrategy[list[str]]:
    known = next(f for f in catalogue().facets if f.id == facet)
    likely = [value.id for value in known.values]
    # Ids that this catalogue does not know, of which some read like the title of one that it does.
    strange = [value.title.lower().replace(" ", "-").replace(",", "") for value in known.values]
    return st.lists(st.one_of(st.sampled_from(likely), st.sampled_from(strange), some_id), max_size=4)


def _values() -> st.SearchStrategy[list[dict[str, Any]]]:
    value = st.builds(
        lambda name, title, meaning, practice: {**name, "title": title, "meaning": meaning, "practice": practice},
        *(_names(list(catalogue().values)), some_line, some_text, some_text),
    )
    return st.lists(value, max_size=4, unique_by=_key)


def _methods(section: str) -> st.SearchStrategy[list[dict[str, Any]]]:
    known = [field.id for field in catalogue().section(section).fields]
    fields = st.dictionaries(
        st.one_of(st.sampled_from(known), some_id), st.one_of(some_text, percents, items), max_size=4
    )
    method = st.builds(
        lambda name, title, summary, fields, blocks: {
            **name,
            "title": title,
            "summary": summary,
            "fields": fields,
            "blocks": blocks,
        },
        _names([method.id for method in catalogue().methods_of(section)]),
        *(some_line, some_text, fields, st.lists(blocks, max_size=3)),
    )
    return st.lists(method, max_size=2, unique_by=_key)


def _key(entry: dict[str, Any]) -> tuple[str, str]:
    return (entry.get("id", ""), entry.get("own", ""))


@st.composite
def rule_documents(draw: st.DrawFn) -> RuleDocument:
    """A valid one, whatever its texts try to be."""
    plain: dict[str, Any] = {
        "schema": 1,
        "language": draw(st.sampled_from(["en", "ar", "he", "zh-Hant", "pt-BR", "es-419"])),
        "template": draw(st.one_of(st.none(), st.sampled_from([t.id for t in catalogue().templates]), some_id)),
        "community": {
            "name": draw(some_line),
            "context": draw(some_text),
            **{facet.id: draw(_facet(facet.id)) for facet in catalogue().facets},
            "photo": draw(st.one_of(st.none(), photos)),
        },
        "values": [*draw(_values()), {"own": "the-last-one", "title": draw(some_line)}],
        **{section: draw(_methods(section)) for section in METHOD_SECTIONS},
    }
    try:
        return read_document(plain)
    except Invalid as error:
        raise AssertionError(f"the strategy made an invalid document: {error.message} {error.details}") from error
