"""The house: what is where, and who knows whom."""

import ast
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
NO_PACKAGES = ("site", "build", "content", "seed_data", "scripts", "docs")
FEATURES = (
    *("sign_in", "accounts", "rules", "drafts", "uploads", "catalogue", "search", "health", "operator"),
    *("inquiries", "reports", "vitals"),
)
FEATURE_FILES = {"__init__.py", "resources.py", "actions.py", "queries.py", "bodies.py"}
SOURCES = sorted((ROOT / "api").rglob("*.py"))
PLUGINS = sorted((ROOT / "site").rglob("*.py"))


def tracked() -> list[Path]:
    names = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout.decode()
    return [ROOT / name for name in names.split("\0") if name]


def imports_of(file: Path) -> set[str]:
    """Top-level names of everything that a file imports, wherever in it."""
    found = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.split(".")[0])
    return found


def test_only_api_is_a_package() -> None:
    for folder in NO_PACKAGES:
        assert not (ROOT / folder / "__init__.py").exists(), folder


def test_features_have_the_same_files() -> None:
    for feature in FEATURES:
        files = {path.name for path in (ROOT / "api" / feature).glob("*.py")}
        assert files <= FEATURE_FILES, feature
        assert files >= {"__init__.py", "resources.py", "actions.py"}, feature


def test_the_environment_is_read_in_two_places() -> None:
    readers = {
        str(file.relative_to(ROOT))
        for file in (*SOURCES, *PLUGINS)
        if re.search(r"os\.environ|os\.getenv", file.read_text())
    }
    assert readers == {"api/config.py", "site/pelicanconf.py"}


def test_pelican_is_met_in_one_place() -> None:
    assert {file.name for file in (*SOURCES, *PLUGINS) if "pelican" in imports_of(file)} == {"adapter.py"}


def test_the_page_engine_is_pure() -> None:
    for file in (ROOT / "site" / "plugins" / "rulepages").glob("*.py"):
        assert not imports_of(file) & {"os", "time", "random", "secrets", "uuid", "datetime", "subprocess"}, file
    for file in PLUGINS:
        assert not imports_of(file) & {"api", "psycopg", "falcon"}, file


def test_nothing_imports_tests() -> None:
    for file in (*SOURCES, *PLUGINS):
        assert "tests" not in imports_of(file), file


def test_scripts_are_short() -> None:
    for file in (ROOT / "scripts").iterdir():
        assert len(file.read_text().splitlines()) <= 50, file


def test_the_two_locks_agree() -> None:
    def pins(name: str) -> dict[str, str]:
        return dict(re.findall(r"^([a-z0-9.-]+)==([^ ;\\]+)", (ROOT / name).read_text(), re.MULTILINE))

    product, test = pins("requirements.txt"), pins("requirements-test.txt")
    assert product.items() <= test.items()
    assert all("--hash=sha256:" in (ROOT / name).read_text() for name in ("requirements.txt", "requirements-test.txt"))


@pytest.mark.parametrize(
    "pattern", [r"https?://[^\s\"')]*(?:pypi|files\.pythonhosted|registry\.npmjs)", r"--index-url http"]
)
def test_no_registry_address_is_committed(pattern: str) -> None:
    for file in tracked():
        if file.suffix in (".png", ".woff2") or file.name == "test_layout.py":
            continue
        assert not re.search(pattern, file.read_text(errors="replace")), file


def test_made_things_are_not_committed() -> None:
    made = [file for file in tracked() if file.is_relative_to(ROOT / "build") or file.is_relative_to(ROOT / "var")]
    assert [file.name for file in made] == ["README.md"]
