"""A mistake in the catalogue's files is told with the file and the line, and the catalogue is not loaded."""

import shutil
from pathlib import Path

import pytest

from api import ROOT
from rulepages.catalogue import load_catalogue
from rulepages.headers import BadFile
from rulepages.tables import find_lines

LAZY = "methods/decisions/lazy-consensus.md"

SIGNAL = "[communication.signal]\n"
PETITION = '[templates.petition]\ntypes = ["'
LOOMIO = '[[composition.communication]]\nid = "loomio"\nwh'

# The file, what stands there, what somebody writes instead, and what they are told.
MISTAKES = {
    "no TOML": ("fits.toml", PETITION, "[templates.petition]\ntypes = ]", "Invalid value"),
    "no TOML at the end": ("facets.toml", None, 'x = "', "Unterminated string"),
    "no TOML in a header": (LAZY, "order = 1\n", "order = one\n", "Invalid value"),
    "no TOML in a header's last line": (LAZY, "\n+++\n## When", "\nx = \n+++\n## When", "Invalid value"),
    "an unknown facet value": ("fits.toml", PETITION, PETITION + 'x", "', "types has no value 'x'"),
    "a facet left out": ("fits.toml", f"{SIGNAL}types", f"{SIGNAL}kinds", "types is missing"),
    "a method without a row": ("fits.toml", SIGNAL, "[communication.signals]\n", "communication.signal is missing"),
    "a row without a method": ("fits.toml", SIGNAL, f"[communication.x]\n\n{SIGNAL}", "x is not known here"),
    "a fit twice": ("fits.toml", '["local", "regional"', '["local", "local"', "scale names something twice"),
    "no list": ("fits.toml", PETITION, '[templates.petition]\ntypes = "all" # ["', "types is not a list"),
    "one id in two facets": ("facets.toml", 'id = "global"', 'id = "dao"', "there are two called 'dao'"),
    "no words": ("facets.toml", 'words = "DAOs"\n', "", "words is missing"),
    "an unknown kind": ("sections.toml", 'kind = "percent"', 'kind = "number"', "kind is 'number'"),
    "an unknown section": ("sections.toml", 'id = "values"', 'id = "ideals"', "the sections are values,"),
    "an id with capitals": ("values.toml", 'id = "agency"', 'id = "Agency"', "id is 'Agency'"),
    "one value twice": ("values.toml", 'id = "agency"', 'id = "adaptability"', "there are two called 'adaptability'"),
    "a misspelled key": (LAZY, "related = [", "relatd = [", "related is missing"),
    "an unknown key": (LAZY, "order = 1\n", "order = 1\ncolor = 3\n", "color is not known here"),
    "a text for a number": (LAZY, "order = 1\n", 'order = "1"\n', "order is not a whole number"),
    "a percentage above 100": (LAZY, "consensus-level = 100", "consensus-level = 101", "from 0 to 100"),
    "an unknown field": (LAZY, "consensus-level = 100", "level = 100", "level is no field of decisions"),
    "a field left out": (LAZY, "consensus-level = 100\n", "", "fields.consensus-level is missing"),
    "an unknown related method": (LAZY, 'related = ["do-ocracy"', 'related = ["doocracy"', "called doocracy"),
    "another file's id": (LAZY, 'id = "lazy-consensus"', 'id = "lazy"', "the file is called lazy-consensus.md"),
    "no header": (LAZY, "+++\nid", "id", "starts with a TOML header"),
    "an unknown value": ("templates/consensus.md", 'id = "horizontalism"', 'id = "x"', "no values entry is called x"),
    "a choice without a reason": ("templates/consensus.md", f"{LOOMIO}y", f"{LOOMIO}en", "why is missing"),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(ROOT / "seed_data", tmp_path / "seed_data"))


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_told_with_file_and_line(folder: Path, mistake: str) -> None:
    name, old, new, words = MISTAKES[mistake]
    file = folder / name
    before = file.read_text()
    after = before + new if old is None else before.replace(old, new, 1)
    assert after != before
    file.write_text(after)
    with pytest.raises(BadFile) as raised:
        load_catalogue(folder)
    told = str(raised.value)
    assert told.startswith(f"{file}:"), told
    assert words in told
    line = int(told.removeprefix(f"{file}:").split(":")[0])
    changed = after[: len(after) if old is None else before.index(old)].count("\n") + 1
    # What is missing has no line: that of its table then, which starts above.
    near = (line <= changed) if words.endswith("is missing") else abs(line - changed) <= 1
    assert near, f"{told}, but line {changed} was changed"


def test_a_file_that_is_not_there(folder: Path) -> None:
    (folder / "fits.toml").unlink()
    with pytest.raises(BadFile, match=r"fits\.toml: cannot be read"):
        load_catalogue(folder)


def test_lines_of_tables_and_keys() -> None:
    text = "\n".join(["a = 1", "[[x]]", "id = 2", "[[x.y]]", 't = """', "b = 3", '"""', "[[x]]", "[x.z] # a", "u = 1"])
    assert find_lines(text, 10) == {
        ("a",): 10,
        ("x", 0): 11,
        ("x", 0, "id"): 12,
        ("x", 0, "y", 0): 13,
        ("x", 0, "y", 0, "t"): 14,
        ("x", 1): 17,
        ("x", 1, "z"): 18,
        ("x", 1, "z", "u"): 19,
    }
