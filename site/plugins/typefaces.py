"""The site's fonts, made from the variable fonts of two packages: instanced, subset to what we set, packed as woff2.

Latin and latin-ext are separate files, told apart by `unicode-range` in the style sheet. The same packages give the
same bytes every time. This takes seconds and imports fontTools, so `asset_files` keeps the result.
"""

import io
from collections.abc import Mapping
from importlib import resources

from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont
from fontTools.varLib.instancer import instantiateVariableFont

# Google Fonts' own ranges, so that a character is in exactly one of the two files; theme/static/css/1-tokens.css
# repeats them.
LATIN = (
    "0000-00FF 0131 0152-0153 02BB-02BC 02C6 02DA 02DC 0304 0308 0329 2000-2027 202F-203A 2044 2074 20AC 2122 "
    "2190-2193 2212 2215 FEFF FFFD"
)
LATIN_EXT = (
    "0100-0130 0132-0151 0154-02BA 02BD-02C5 02C7-02CC 02CE-02D7 02DD-02FF 1D00-1DBF 1E00-1E9F 1EF2-1EFF "
    "2028-202E 20A0-20AB 20AD-20C0 2113 2C60-2C7F A720-A7FF"
)
FEATURES = ("kern", "liga", "tnum", "lnum", "onum", "frac", "ccmp", "locl", "mark", "mkmk")

# file stem: (package, file, what each axis is limited to)
FACES: Mapping[str, tuple[str, str, Mapping[str, object]]] = {
    "fraunces": (
        "fontpkg_fraunces",
        "Fraunces[SOFT,WONK,opsz,wght].ttf",
        {"opsz": 72, "SOFT": 0, "WONK": 0, "wght": (400, 700)},
    ),
    "public-sans": ("fontpkg_public_sans", "PublicSans[wght].ttf", {"wght": (400, 700)}),
}


def build_fonts() -> dict[str, bytes]:
    """The four woff2 files by name (`fraunces-latin.woff2`)."""
    files = {}
    for stem, (package, file, limits) in FACES.items():
        source = (resources.files(package) / "files" / file).read_bytes()
        for subset, ranges in (("latin", LATIN), ("latin-ext", LATIN_EXT)):
            files[f"{stem}-{subset}.woff2"] = _packed(source, _code_points(ranges), limits)
    return files


def _packed(source: bytes, code_points: list[int], limits: Mapping[str, object]) -> bytes:
    """Subset first: the instancer drops variations that the subsetter would then miss."""
    font = TTFont(io.BytesIO(source), recalcTimestamp=False)
    options = Options(layout_features=list(FEATURES), hinting=False, notdef_outline=True, name_IDs=[1, 2])
    subsetter = Subsetter(options=options)
    subsetter.populate(unicodes=code_points)
    subsetter.subset(font)
    font = instantiateVariableFont(font, dict(limits))
    font.flavor = "woff2"
    packed = io.BytesIO()
    font.save(packed)
    return packed.getvalue()


def _code_points(ranges: str) -> list[int]:
    found: list[int] = []
    for part in ranges.split():
        first, _, last = part.partition("-")
        found.extend(range(int(first, 16), int(last or first, 16) + 1))
    return found
