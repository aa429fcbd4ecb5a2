"""README tells the truth: every folder, command, setting and address is in it, and nothing that is not there."""

import re
from pathlib import Path

from api import __main__ as command_line
from api import config, routes

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()
UNLISTED_FOLDERS = {".git", ".ci", ".venv", "var"}
VARIABLE = re.compile(r'environ, "([A-Z_]+)"|_text\(environ, "([A-Z_]+)"|environ\.get\("([A-Z_]+)"')


def names(pattern: str, text: str = README) -> set[str]:
    return set(re.findall(pattern, text, re.MULTILINE))


def test_every_folder() -> None:
    folders = {
        path.name
        for path in ROOT.iterdir()
        if path.is_dir() and path.name not in UNLISTED_FOLDERS and not path.name.startswith((".", "__"))
    }
    assert names(r"^\| `([a-z_]+)/` \|") == folders


def test_every_script() -> None:
    scripts = {path.name for path in (ROOT / "scripts").iterdir() if path.suffix == "" and path.is_file()}
    assert names(r"^\| `scripts/([a-z]+)` \|") == scripts


def test_every_verb() -> None:
    (verbs,) = (a for a in command_line._parser()._actions if a.choices)
    assert verbs.choices is not None
    assert names(r"`python -m api ([a-z-]+)`") == set(verbs.choices)


def test_every_setting() -> None:
    source = Path(config.__file__).read_text()
    read = {name for row in VARIABLE.findall(source) for name in row if name}
    table = README.split("## Settings")[1].split("## The API")[0]
    assert names(r"`([A-Z_]{4,})`", table.split("|---|---|---|")[1]) - {"VAR_DIR"} == read - {"VAR_DIR"}
    assert "VAR_DIR" in read


def test_every_route() -> None:
    added = names(r'add_route\("([^"]+)"', Path(routes.__file__).read_text())
    assert names(r"^\| `(/api/[^`]+)` \|") == added


def test_every_decision_has_a_date_and_a_number() -> None:
    """No number twice. One may be missing where records are written side by side."""
    files = sorted((ROOT / "docs" / "decisions").glob("*.md"))
    numbers = [int(file.name.partition("-")[0]) for file in files]
    assert len(set(numbers)) == len(numbers)
    for number, file in zip(numbers, files, strict=True):
        first, _, date = file.read_text().splitlines()[:3]
        assert file.name.startswith(f"{number:04d}-")
        assert first.startswith(f"# {number}. ")
        assert re.fullmatch(r"\d{4}-\d{2}-\d{2}", date), file


def test_links_between_documents() -> None:
    for file in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), ROOT / "seed_data" / "README.md"]:
        for target in re.findall(r"\]\(([^)#:]+)\)", file.read_text()):
            assert (file.parent / target).exists(), f"{file.name}: {target}"
        for target in re.findall(r"`((?:api|docs|tests|site|scripts|seed_data|content)/[\w./-]+)`", file.read_text()):
            assert (ROOT / target).exists(), f"{file.name}: {target}"
