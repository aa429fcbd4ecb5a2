"""The site's assets, under names that carry a hash of their bytes, so that they can be cached for ever.

Standard library only: the pages worker and the API both call this at start. Fonts take seconds to make, so
`fonts.json` beside them remembers the result for as long as nothing that they are made from has changed.
"""

import gzip
import hashlib
import json
import os
import re
from importlib.metadata import version
from pathlib import Path

FONT_PACKAGES = ("brotli", "fontpkg-fraunces", "fontpkg-public-sans", "fonttools")
FONT_URL = re.compile(r"url\(font:([a-z0-9.-]+)\)")
IMPORT = re.compile(r'(?<= from "\./)[a-z-]+\.js(?=";)')
PACKED = (".css", ".js", ".svg")


def build_assets(static: Path, out: Path) -> dict[str, str]:
    """Write the assets of `static` and the fonts into `out`; return each one's address (`/assets/…`) by its name."""
    out.mkdir(parents=True, exist_ok=True)
    files = _font_files(out)
    files["favicon.svg"] = _write_hashed(out, "favicon.svg", (static / "favicon.svg").read_bytes())
    files["site.css"] = _write_hashed(out, "site.css", _style_sheet(static / "css", files).encode())
    files |= _module_files(static / "js", out)
    return {name: f"/assets/{file}" for name, file in files.items()}


def _style_sheet(folder: Path, fonts: dict[str, str]) -> str:
    """All sheets in name order, `url(font:…)` replaced by the font's file beside the sheet."""
    sheets = [path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.css"))]
    return FONT_URL.sub(lambda match: f"url({fonts[match[1]]})", "\n".join(sheets))


def _module_files(folder: Path, out: Path) -> dict[str, str]:
    """Each module's hashed file by name. What it imports is named with its hash too, so a change there renames both."""
    files: dict[str, str] = {}

    def write(name: str) -> str:
        if name not in files:
            text = IMPORT.sub(lambda match: write(match[0]), (folder / name).read_text(encoding="utf-8"))
            files[name] = _write_hashed(out, name, text.encode())
        return files[name]

    for path in sorted(folder.glob("*.js")):
        write(path.name)
    return files


def _font_files(out: Path) -> dict[str, str]:
    """Each font's hashed file by name, from `fonts.json` when it is still true."""
    note, recipe = out / "fonts.json", _font_recipe()
    files = _noted_fonts(note, recipe, out)
    if files is None:
        from typefaces import build_fonts  # fontTools: only when fonts must be made

        files = {name: _write_hashed(out, name, data) for name, data in build_fonts().items()}
        _replace(note, json.dumps({"recipe": recipe, "files": files}, indent=1, sort_keys=True).encode())
    return files


def _noted_fonts(note: Path, recipe: str, out: Path) -> dict[str, str] | None:
    try:
        noted = json.loads(note.read_bytes())
        files = {str(name): str(file) for name, file in noted["files"].items()}
        fresh = noted["recipe"] == recipe and all((out / file).is_file() for file in files.values())
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    return files if fresh and files else None


def _font_recipe() -> str:
    """What the fonts are made from: the packages' versions and our own instructions."""
    packages = ", ".join(f"{name} {version(name)}" for name in FONT_PACKAGES)
    instructions = (Path(__file__).parent / "typefaces.py").read_bytes()
    return f"{packages}, typefaces.py {hashlib.sha256(instructions).hexdigest()[:12]}"


def _write_hashed(out: Path, name: str, data: bytes) -> str:
    """Write `data` once, its `.gz` twin first, and return the file's name with its hash."""
    stem, suffix = os.path.splitext(name)
    file = f"{stem}.{hashlib.sha256(data).hexdigest()[:12]}{suffix}"
    if suffix in PACKED and not (out / f"{file}.gz").exists():
        _replace(out / f"{file}.gz", gzip.compress(data, 9, mtime=0))
    if not (out / file).exists():
        _replace(out / file, data)
    return file


def _replace(target: Path, data: bytes) -> None:
    """Two processes may write the same file at once: each writes its own aside, and either rename is right."""
    aside = target.with_name(f".{target.name}.{os.getpid()}")
    aside.write_bytes(data)
    os.replace(aside, target)
