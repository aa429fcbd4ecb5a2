"""`rule.md`, beside each version: a rule as a Markdown file that a person reads and edits in any text editor.

    # Riverside Tool Library

    Neighbors who share tools, a workshop and one evening a week.

    - Size: 6 to 12 members {#six-to-twelve}
    - Language: en

    ## Decisions

    ### Lazy Consensus {#lazy-consensus}

    A proposal passes after 72 hours unless a member objects with a reason.

    #### Consensus level {#consensus-level}

    100 %

    #### Who keeps the log

    Whoever keeps the key that month.

The shape is headings: the community, five sections, their values and methods, the labelled parts of a method. Between
two headings stands text, as it was typed. A text is never Markdown to us; a backslash stands only where a text would
otherwise be taken for a heading, a mark, a fact, an HTML tag or an escape, and it means what it means in Markdown.

Ids stand in braces at the end of a line, as pandoc, kramdown and Markdown Extra write attributes, which hide them when
they show the file: `{#care}` for what the catalogue knows, `{.own-1}` for an entry of the author's own. Plain `{own-1}`
would be prettier, but then a title such as `Budget {2026}` would lose its end. Whatever has no mark is new: an entry
gets an id of its own; a part is the section's field of that name, else the author's own block. What kind of part it is
can be seen (all lines are items: a list; only a percentage: a proportion; only a link to an upload: a file; else text)
and is marked (`{.text}`) only where it would be seen wrongly. `{.own}` marks a block that is called like a field. Of a
part with an id only its text is read: the label is the catalogue's.

`from_markdown(catalogue, to_markdown(catalogue, document, …))` is the document, for every document there can be.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any, NoReturn

from rulepages.catalogue import SECTIONS, Catalogue, Facet, Section
from rulepages.formats import Stated, Unreadable
from rulepages.rule_text import Content, block_content
from rulepages.uploads import FOLDER, NAME, PICTURE, File, photo_of

ABOUT = "About this file"
LEADS = {"values": "meaning", "methods": "summary"}
PRACTICE = ("practice", "In practice")
# Of a part's content, and of a block that holds the same. No field holds a file.
KINDS = {"text": "text", "list": "list", "percent": "proportion", "file": "file"}
HOLDS = {"text": "text", "list": "items", "percent": "percent"}

ID = r"[a-z0-9]+(?:-[a-z0-9]+)*"
HEADING = re.compile(r"(#{1,4})(?:[ \t]+(.*))?")
HEADING_LIKE = re.compile(r"^#{1,4}(?=[ \t]|$)", re.MULTILINE)
ITEM = re.compile(r"[-*+](?:[ \t]+(.*))?")
PERCENT = re.compile(r"([0-9]{1,3})\s?%")
NUMBER = re.compile(r"([0-9]{1,9})\s?%?")
BRACES = re.compile(r"(?:^|(?<=[ \t]))\{[#.][^{}]*\}$")  # what can be a mark, at the end of a line
MARK = re.compile(rf"\{{(?:#({ID}))?((?: ?\.{ID})*)\}}")
FACT = re.compile(r"([^:]+):\s*(.*)")
ESCAPE = re.compile(r"\\(?=[!-/:-@\[-`{-~])")
ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")
TAG = re.compile(r"<(?=[A-Za-z/!?])")
BRACKET = re.compile(r"[\[\]]")
# A picture and a PDF, as pandoc writes them; whatever site stands before their address.
SIZE = r"\{width=([0-9]{1,5}) height=([0-9]{1,5})\}"
IMAGE = re.compile(rf"!\[(.*)\]\([^\s()]*{FOLDER}({PICTURE})\){SIZE}")
LINK = re.compile(rf"\[(.*)\]\([^\s()]*{FOLDER}({NAME})\)")


# -- writing ----------------------------------------------------------------------------------------------------------


def to_markdown(catalogue: Catalogue, document: Mapping[str, Any], stated: Stated) -> str:
    """A whole file. Its paragraphs, headings and lists are parted by blank lines; it ends in a line end."""
    pieces = [*_community(catalogue, document, stated)]
    for section in map(catalogue.section, SECTIONS):
        if entries := document.get(section.id):
            pieces.append(f"## {section.title}")
            pieces += (piece for entry in entries for piece in _entry(section, entry, stated))
    pieces += [f"## {ABOUT}", *_about(stated)]
    return "\n\n".join(piece for piece in pieces if piece) + "\n"


def _community(catalogue: Catalogue, document: Mapping[str, Any], stated: Stated) -> Iterator[str]:
    community = document["community"]
    yield f"# {_escape(community['name'])}"
    context = _text(community.get("context", ""))
    yield f"\\{context}" if ITEM.fullmatch(context) else context
    facts = [
        f"- {facet.title}: " + "; ".join(_named(id, _titles(facet)) for id in community[facet.id])
        for facet in catalogue.facets
        if community.get(facet.id)
    ]
    if photo := photo_of(community):
        facts.append(f"- Photo: {_file(photo, stated)}")
    if template := document.get("template"):
        facts.append(f"- Template: {_named(template, _templates(catalogue))}")
    facts.append(f"- Language: {document.get('language') or 'en'}")
    yield "\n".join(facts)


def _named(id: str, titles: Mapping[str, str]) -> str:
    """A title with its mark. A title that is another's is left out: it would be read as a change to that one."""
    title = titles.get(id) or _words(id)
    return f"{title} {{#{id}}}" if _chosen(title, id, titles) == id else f"{{#{id}}}"


def _entry(section: Section, entry: Mapping[str, Any], stated: Stated) -> Iterator[str]:
    yield f"### {_title(entry['title'])} {_entry_mark(entry)}"
    if section.id == "values":
        yield _text(entry.get("meaning", ""))
        if entry.get("practice"):
            yield f"#### {PRACTICE[1]} {{#{PRACTICE[0]}}}"
            yield _text(entry["practice"])
        return
    yield _text(entry.get("summary", ""))
    fields: Mapping[str, str | int | list[str]] = entry.get("fields") or {}
    known = {field.id: field for field in section.fields}
    for id in (*(id for id in known if id in fields), *sorted(id for id in fields if id not in known)):
        title, expected = (known[id].title, known[id].kind) if id in known else (_words(id), "")
        yield from _part(title, [f"#{id}"], _kind(fields[id]), _content(fields[id]), expected)
    for block in entry.get("blocks") or []:
        mark = [".own"] if _field_called(section, block["title"]) else []
        content = block_content(block)
        body = _file(content, stated) if isinstance(content, File) else _content(content)
        yield from _part(block["title"], mark, _kind(content), body)


def _entry_mark(entry: Mapping[str, Any]) -> str:
    return f"{{#{entry['id']}}}" if entry.get("id") else f"{{.{entry['own']}}}"


def _part(title: str, mark: list[str], kind: str, body: str, expected: str = "") -> Iterator[str]:
    """`expected` is the kind that the catalogue knows it to be. The mark names the kind where reading would err."""
    if kind != _seen(body.split("\n")) or expected not in ("", kind):
        mark = [*mark, f".{kind}"]
    yield f"#### {_title(title)} {{{' '.join(mark)}}}" if mark else f"#### {_title(title)}"
    yield body


def _file(file: File, stated: Stated) -> str:
    """A link to it, of the kind that shows a picture; its size stands in braces behind it."""
    name = BRACKET.sub(r"\\\g<0>", _escape(f"{file.name}]")[:-1])  # a backslash at its end stands before a bracket
    link = f"[{name}]({stated.upload(file.upload)})"
    return f"!{link}{{width={file.width} height={file.height}}}" if file.width else link


def _content(content: str | int | list[str]) -> str:
    if isinstance(content, list):
        return "\n".join(f"- {_escape(item)}" for item in content)
    return f"{content} %" if isinstance(content, int) else _text(content)


def _kind(content: Content) -> str:
    if isinstance(content, File):
        return "file"
    if isinstance(content, list):
        return "list"
    return "percent" if isinstance(content, int) else "text"


def _about(stated: Stated) -> Iterator[str]:
    yield "\n".join(
        (
            f"- Version: {stated.version}",
            f"- Published: {stated.published_at}",
            f"- Permanent address: {stated.address}",
            f"- Current text: {stated.current}",
            f"- License: {stated.license}, {stated.license_url}",
            f"- SHA-256 of the published text: {stated.sha256}",
            "- To edit: change any words. Leave what stands in braces, such as {#care}, where it is: it tells what an"
            " entry is. What you add needs none. Nothing below this last heading is part of the rule.",
        )
    )


def _escape(text: str) -> str:
    return TAG.sub(r"\\<", ESCAPE.sub(r"\\\\", text))


def _text(text: str) -> str:
    return HEADING_LIKE.sub(r"\\\g<0>", _escape(text))


def _title(title: str) -> str:
    """Braces at the end are words of the title, not a mark."""
    if match := BRACES.search(title):
        return f"{_escape(title[: match.start()])}\\{_escape(title[match.start() :])}"
    return _escape(title)


def _words(id: str) -> str:
    return id.replace("-", " ").capitalize()


# -- reading ----------------------------------------------------------------------------------------------------------


def from_markdown(catalogue: Catalogue, text: str) -> dict[str, Any]:
    """The document in plain JSON, to be validated. Raise Unreadable, which names the line and what it should be."""
    return read_markdown(catalogue, text)[0]


def read_markdown(catalogue: Catalogue, text: str) -> tuple[dict[str, Any], dict[str, int]]:
    """The same, and the line of each document path (`decisions.0.fields.core-principle`), to tell of other errors."""
    reader = _Reader(catalogue)
    for block in _blocks(text):
        reader.read(block)
    return reader.document(), reader.lines


@dataclass(frozen=True, slots=True)
class _Line:
    number: int
    text: str


@dataclass(slots=True)
class _Block:
    """A heading and the lines below it. `level` counts its `#`."""

    level: int
    line: int
    title: str
    body: list[_Line] = field(default_factory=list)

    @property
    def text(self) -> str:
        return _unescape("\n".join(line.text for line in self.body).strip("\n"))

    @property
    def filled(self) -> list[_Line]:
        return [line for line in self.body if line.text]


def _blocks(text: str) -> list[_Block]:
    """Whatever an editor does to line ends, to spaces at the end of lines or to the start of the file is undone."""
    blocks: list[_Block] = []
    lines = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    for number, line in enumerate(map(str.rstrip, lines), start=1):
        if match := HEADING.fullmatch(line):
            blocks.append(_Block(len(match[1]), number, match[2] or ""))
        elif blocks:
            blocks[-1].body.append(_Line(number, line))
        elif line:
            _no_name(number)
    if not blocks or blocks[0].level != 1:
        _no_name(blocks[0].line if blocks else 1)
    return blocks


def _no_name(line: int) -> NoReturn:
    raise Unreadable(line, "the file begins with `# ` and the name of the community.")


class _Reader:
    """Takes one block after the other. `_section` is None above the first section, `ABOUT` in the last one."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.lines: dict[str, int] = {}
        self._catalogue = catalogue
        self._community: dict[str, Any] = {}
        self._facts: dict[str, Any] = {}
        self._entries: dict[str, list[dict[str, Any]]] = {section: [] for section in SECTIONS}
        self._section: Section | str | None = None
        self._entry: dict[str, Any] | None = None
        self._marked: dict[tuple[str, str], int] = {}  # the line of each entry's mark, by section and mark

    def document(self) -> dict[str, Any]:
        for entries in self._entries.values():
            _give_ids(entries)
        filled = {section: entries for section, entries in self._entries.items() if entries}
        return {"schema": 1, **self._facts, "community": self._community, **filled}

    def read(self, block: _Block) -> None:
        (self._read_community, self._read_section, self._read_entry, self._read_part)[block.level - 1](block)

    # the community

    def _read_community(self, block: _Block) -> None:
        if self._community:
            raise Unreadable(block.line, f"only the community’s name, on the first line, has one #.{_hint(block)}")
        self._community = {"name": _unescape(block.title)}
        self.lines |= {"community": block.line, "community.name": block.line}
        words = []
        for line in block.filled:
            if match := ITEM.fullmatch(line.text):
                self._read_fact(line.number, match[1] or "")
            else:
                self.lines.setdefault("community.context", line.number)
                words.append(_unescape(line.text))
        if words:
            self._community["context"] = " ".join(words)

    def _read_fact(self, line: int, text: str) -> None:
        facets = {_plain(word): facet for facet in self._catalogue.facets for word in (facet.title, facet.id)}
        match = FACT.fullmatch(text)
        label = _plain(match[1]) if match else ""
        if match and label in facets:
            facet = facets[label]
            self.lines[f"community.{facet.id}"] = line
            self._community[facet.id] = [*_facet_ids(line, facet, match[2])]
        elif match and label == "photo":
            self.lines["community.photo"] = line
            self._community["photo"] = _read_photo(line, match[2])
        elif match and label in ("template", "language"):
            self.lines[label] = line
            known = _templates(self._catalogue)
            value = _choice(line, match[2], known) if label == "template" and match[2] else match[2]
            self._facts |= {label: value} if value else {}
        else:
            labels = ", ".join((*(facet.title for facet in self._catalogue.facets), "Photo, Template, Language"))
            raise Unreadable(
                line,
                f"below the name stands the purpose, then facts such as `- Size: 2 to 5 members` ({labels})."
                " A purpose that itself begins with - is written \\-.",
            )

    # sections

    def _read_section(self, block: _Block) -> None:
        title = _plain(block.title)
        sections = {
            _plain(word): section for section in self._catalogue.sections for word in (section.title, section.id)
        }
        self._entry = None
        if title == _plain(ABOUT):
            self._section = ABOUT
            for line in block.filled:
                if not ITEM.fullmatch(line.text):
                    _not_part_of_the_rule(line.number)
            return
        if title not in sections:
            titles = ", ".join(section.title for section in self._catalogue.sections)
            raise Unreadable(block.line, f"“{block.title}” is none of a rule’s sections: {titles}.{_hint(block)}")
        self._section = sections[title]
        if block.filled:
            raise Unreadable(
                block.filled[0].number,
                f"below `## {self._section.title}` comes a value or method: `### ` and its title, then its text.",
            )

    # values and methods

    def _read_entry(self, block: _Block) -> None:
        if self._section == ABOUT:
            _not_part_of_the_rule(block.line)
        if not isinstance(self._section, Section):
            raise Unreadable(
                block.line, f"a value or method stands in a section, such as `## Decisions`.{_hint(block)}"
            )
        title, id, words = _marked_title(block)
        if not title:
            raise Unreadable(block.line, "a value or method has a title after the ###.")
        if len(words) + bool(id) > 1:
            raise Unreadable(block.line, "an entry has one id in its braces, such as {#care} or {.own-1}.")
        marked = {"id": id} if id else {"own": words[0]} if words else {}
        entries = self._entries[self._section.id]
        path = f"{self._section.id}.{len(entries)}"
        self.lines |= {path: block.line, f"{path}.{_lead(self._section)}": block.line}
        self._once(block.line, self._section.id, _entry_mark(marked) if marked else "")
        self._entry = {**marked, "title": title, _lead(self._section): block.text}
        entries.append(self._entry)

    def _once(self, line: int, section: str, mark: str) -> None:
        before = self._marked.setdefault((section, mark), line) if mark else line
        if before != line:
            raise Unreadable(
                line, f"{mark} is on line {before} already. Delete this one: it will get an id of its own."
            )

    # parts of them

    def _read_part(self, block: _Block) -> None:
        if self._section == ABOUT:
            _not_part_of_the_rule(block.line)
        if self._entry is None or not isinstance(self._section, Section):
            raise Unreadable(
                block.line, f"a labelled part stands below a value or method, which has ###.{_hint(block)}"
            )
        title, id, words = _marked_title(block)
        if self._section.id == "values":
            self._read_practice(block, id or _plain(title))
            return
        kind = _kind_in(block, words)
        if id and kind == "file":
            raise Unreadable(block.line, f"{{#{id}}} is one of the catalogue’s parts, and those hold no file.")
        id = id or ("" if "own" in words or kind == "file" else _field_called(self._section, title))
        if id:
            self._read_field(block, id, kind)
        elif title:
            self._read_block(block, title, kind)
        else:
            raise Unreadable(block.line, "a part has a label after the ####.")

    def _read_practice(self, block: _Block, name: str) -> None:
        assert self._entry is not None
        if name not in (PRACTICE[0], _plain(PRACTICE[1])):
            raise Unreadable(block.line, f"a value has one part, `#### {PRACTICE[1]}`.{_hint(block)}")
        self._first(block, "practice" in self._entry)
        self.lines[f"{self._path()}.practice"] = block.line
        self._entry["practice"] = block.text

    def _read_field(self, block: _Block, id: str, kind: str) -> None:
        assert self._entry is not None
        assert isinstance(self._section, Section)
        fields = self._entry.setdefault("fields", {})
        self._first(block, id in fields)
        known = next((field.kind for field in self._section.fields if field.id == id), "")
        self.lines[f"{self._path()}.fields.{id}"] = block.line
        seen = _seen(line.text for line in block.body)
        fields[id] = _read_content(block, kind or known or ("text" if seen == "file" else seen))

    def _read_block(self, block: _Block, title: str, kind: str) -> None:
        assert self._entry is not None
        kind = kind or _seen(line.text for line in block.body)
        blocks = self._entry.setdefault("blocks", [])
        self.lines[f"{self._path()}.blocks.{len(blocks)}"] = block.line
        held = _read_file(block) if kind == "file" else {HOLDS[kind]: _read_content(block, kind)}
        blocks.append({"kind": KINDS[kind], "title": title, **held})

    def _first(self, block: _Block, again: bool) -> None:
        if again:
            raise Unreadable(
                block.line, f"“{_marked_title(block)[0]}” is in this entry already. Put both texts into one."
            )

    def _path(self) -> str:
        assert isinstance(self._section, Section)
        return f"{self._section.id}.{len(self._entries[self._section.id]) - 1}"


def _hint(block: _Block) -> str:
    return f" A line of text that begins with # is written \\{'#' * block.level} …"


def _not_part_of_the_rule(line: int) -> NoReturn:
    raise Unreadable(line, f"what stands below “{ABOUT}” is not part of the rule. Move it up, or delete it.")


def _marked_title(block: _Block) -> tuple[str, str, list[str]]:
    """The title, and the id and words of its mark: `Care {#care}` → ("Care", "care", []), `{.own-1}` → ["own-1"]."""
    braces = BRACES.search(block.title)
    if braces is None:
        return _unescape(block.title), "", []
    mark = MARK.fullmatch(braces[0])
    if mark is None:
        raise Unreadable(
            block.line,
            f"{braces[0]} is no mark: those look like {{#care}} or {{.own-1}}. Delete it if this is new;"
            f" if it belongs to the title, write \\{braces[0]}",
        )
    return _unescape(block.title[: braces.start()].rstrip()), mark[1] or "", mark[2].replace(".", " ").split()


def _kind_in(block: _Block, words: list[str]) -> str:
    """The kind that a part's mark names, if any; beside it there may only be `own`."""
    kinds = [word for word in words if word != "own"]
    if len(kinds) > 1 or not KINDS.keys() >= set(kinds):
        raise Unreadable(
            block.line,
            f"{{.{' .'.join(words)}}} is no kind of part: {{.text}}, {{.list}}, {{.percent}}, {{.file}} are.",
        )
    return kinds[0] if kinds else ""


def _seen(lines: Iterable[str]) -> str:
    """The kind of a part, to the eye."""
    filled = [line for line in lines if line]
    if filled and all(ITEM.fullmatch(line) for line in filled):
        return "list"
    if len(filled) == 1 and (IMAGE.fullmatch(filled[0]) or LINK.fullmatch(filled[0])):
        return "file"
    match = PERCENT.fullmatch(filled[0]) if len(filled) == 1 else None
    return "percent" if match and int(match[1]) <= 100 else "text"


def _read_photo(line: int, text: str) -> dict[str, Any]:
    if match := IMAGE.fullmatch(text.strip()):
        return {"upload": match[2], "alt": _unescape(match[1]), "width": int(match[3]), "height": int(match[4])}
    raise Unreadable(line, "of the photo only the words in [ ] can be changed. To do without it, delete this line.")


def _read_file(block: _Block) -> dict[str, Any]:
    text = "\n".join(line.text for line in block.filled)
    if match := IMAGE.fullmatch(text):
        return {"upload": match[2], "name": _unescape(match[1]), "width": int(match[3]), "height": int(match[4])}
    if match := LINK.fullmatch(text):
        return {"upload": match[2], "name": _unescape(match[1])}
    raise Unreadable(block.line, "of a file only its name, in [ ], can be changed. To do without it, delete this part.")


def _read_content(block: _Block, kind: str) -> str | int | list[str]:
    if kind == "text":
        return block.text
    if kind == "list":
        return [_unescape(item) for item in _items(block)]
    text = block.text.strip()
    match = NUMBER.fullmatch(text)
    if match is None:
        where = block.filled[0].number if block.filled else block.line
        raise Unreadable(where, "here stands a whole number from 0 to 100, such as `75 %`; or delete its heading too.")
    return int(match[1])


def _items(block: _Block) -> list[str]:
    """One a line; a line that is indented goes on with the one above it."""
    items: list[str] = []
    for line in block.filled:
        if match := ITEM.fullmatch(line.text.lstrip()):
            items.append(match[1] or "")
        elif items and line.text[0] in " \t":
            items[-1] += f" {line.text.strip()}"
        else:
            raise Unreadable(line.number, "this is a list: each item has a line of its own that begins with `- `.")
    return [item for item in items if item]


def _facet_ids(line: int, facet: Facet, text: str) -> Iterator[str]:
    titles = _titles(facet)
    for piece in filter(None, map(str.strip, text.split(";"))):
        if BRACES.search(piece) or _chosen(piece, "", titles):
            yield _choice(line, piece, titles)
        else:  # a person may part them with commas, which one title holds itself
            yield from (_choice(line, name, titles) for name in piece.split(","))


def _choice(line: int, text: str, titles: Mapping[str, str]) -> str:
    """The id that is meant by a title, a mark or both."""
    text = text.strip()
    braces = BRACES.search(text)
    mark = MARK.fullmatch(braces[0]) if braces else None
    title = text[: braces.start()].strip() if braces else text
    if id := _chosen(title, (mark[1] or "") if mark else "", titles):
        return id
    raise Unreadable(line, f"“{text}” is not one of: {'; '.join(titles.values())}.")


def _chosen(title: str, id: str, titles: Mapping[str, str]) -> str:
    """What a person typed over a title counts more than the mark that was left behind it."""
    if _plain(title) == _plain(titles.get(id, "")):
        return id
    return next((known for known, name in titles.items() if _plain(title) in (_plain(name), known)), id)


def _titles(facet: Facet) -> dict[str, str]:
    return {value.id: value.title for value in facet.values}


def _templates(catalogue: Catalogue) -> dict[str, str]:
    return {template.id: template.title for template in catalogue.templates}


def _field_called(section: Section, title: str) -> str:
    """The id of the field that has this label, or this id; "" when it has none."""
    return next((f.id for f in section.fields if _plain(title) in (_plain(f.title), f.id)), "")


def _lead(section: Section) -> str:
    return LEADS["values" if section.id == "values" else "methods"]


def _give_ids(entries: list[dict[str, Any]]) -> None:
    """New entries become the author's own: `own-1` and so on, none that is taken."""
    taken = {entry.get("own") for entry in entries}
    free = (id for number in count(1) if (id := f"own-{number}") not in taken)
    for index, entry in enumerate(entries):
        if "id" not in entry and "own" not in entry:
            entries[index] = {"own": next(free), **entry}


def _plain(title: str) -> str:
    """For comparing titles: neither case nor extra spaces count."""
    return " ".join(title.casefold().split())


def _unescape(text: str) -> str:
    return ESCAPED.sub(r"\1", text)
