"""Writes the sheets of the blind check into a folder, `build/blind-check/` when none is named."""

import random
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from api import ROOT
from rulepages.catalogue import METHOD_SECTIONS, SECTIONS
from tests.support.documents import catalogue

MASK = "▢▢▢"
SMALL = {"a", "an", "and", "as", "by", "for", "in", "of", "on", "or", "the", "to", "with"}
SEED = 20261126


def titles_of(section: str) -> list[str]:
    known = catalogue()
    return (
        sorted(v.title for v in known.values.values())
        if section == "values"
        else sorted(method.title for method in known.methods_of(section))
    )


def shuffled(section: str) -> list[tuple[str, str]]:
    """Title and masked text of everything in a section, in the order of the sheet."""
    texts = [(title, masked(title, text)) for title, text in _texts(section)]
    random.Random(f"{SEED} {section}").shuffle(texts)
    return texts


def masked(title: str, text: str) -> str:
    """Without the words of the title, whatever their endings; a shorter word of the same root stays."""
    for word in re.findall(r"[A-Za-z0-9]+", title):
        if word.lower() not in SMALL:
            stem = word[: max(4, len(word) - 3)] if len(word) > 4 else word
            text = re.sub(rf"\b{re.escape(stem)}\w*", MASK, text, flags=re.IGNORECASE)
    return re.sub(rf"{MASK}(?:[-\s]+{MASK})+", MASK, text)


def sheet(section: str) -> str:
    parts = [f"# Which is which? {section}", "", "The titles:", "", *(f"- {title}" for title in titles_of(section)), ""]
    for number, (_, text) in enumerate(shuffled(section), start=1):
        parts += [f"## {number}", "", text, ""]
    return "\n".join(parts)


def _texts(section: str) -> Iterator[tuple[str, str]]:
    known = catalogue()
    if section not in METHOD_SECTIONS:
        yield from ((value.title, f"{value.meaning}\n\n{value.practice}") for value in known.values.values())
        return
    for method in known.methods_of(section):
        fields = ["\n".join(v) if isinstance(v, list) else str(v) for v in method.fields.values()]
        yield method.title, "\n\n".join([method.summary, *method.parts.values(), *fields])


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for section in SECTIONS:
        (folder / f"{section}.md").write_text(sheet(section), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "build" / "blind-check")
