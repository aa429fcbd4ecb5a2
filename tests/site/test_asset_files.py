"""Assets under hashed names: modules that import one another."""

import gzip
import shutil
from pathlib import Path

import pytest

from api import ROOT
from asset_files import build_assets

STATIC = ROOT / "site" / "theme" / "static"


@pytest.fixture
def static(tmp_path: Path) -> Path:
    return Path(shutil.copytree(STATIC, tmp_path / "static"))


def read(out: Path, address: str) -> str:
    return (out / address.removeprefix("/assets/")).read_text()


def test_a_module_names_what_it_imports_by_its_hash(build: Path) -> None:
    names = build_assets(STATIC, build / "assets")
    imported = names["recommendations.js"].removeprefix("/assets/")
    source = (STATIC / "js" / "fit-finder.js").read_text()
    shipped = read(build / "assets", names["fit-finder.js"])
    assert shipped == source.replace('"./recommendations.js"', f'"./{imported}"')
    assert shipped != source
    # What the parity test runs is what is shipped.
    assert read(build / "assets", names["recommendations.js"]) == (STATIC / "js" / "recommendations.js").read_text()


def test_a_change_in_what_is_imported_renames_both(static: Path, build: Path) -> None:
    before = build_assets(static, build / "assets")
    module = static / "js" / "recommendations.js"
    module.write_text(module.read_text() + "\n// changed\n")
    after = build_assets(static, build / "assets")
    assert {name for name in before if before[name] != after[name]} == {"recommendations.js", "fit-finder.js"}
    for names in (before, after):  # pages that were made before still find theirs
        assert names["recommendations.js"].removeprefix("/assets/") in read(build / "assets", names["fit-finder.js"])


def test_modules_have_twins(build: Path) -> None:
    names = build_assets(STATIC, build / "assets")
    for path in (STATIC / "js").glob("*.js"):
        file = build / "assets" / names[path.name].removeprefix("/assets/")
        assert gzip.decompress(Path(f"{file}.gz").read_bytes()) == file.read_bytes()
