"""How well recommendations tell communities apart: over all 1,050 single choices of facets, which card comes first.

Makes `docs/recommendations.svg` and the tables of `docs/recommendations.md`: `scripts/bench recommendations`. Both are
the same whenever the catalogue is; a test compares.
"""

from collections import Counter
from dataclasses import dataclass
from html import escape

from api import ROOT
from rulepages.recommendations import Deck, decks_of, rank
from tests.support.documents import catalogue
from tests.support.facets import single_choices

DOCUMENT = ROOT / "docs" / "recommendations.md"
PICTURE = ROOT / "docs" / "recommendations.svg"
BEGIN, END = "<!-- made by scripts/bench recommendations -->\n", "<!-- end -->\n"
LIMIT = 0.35
FIRST_FIVE = 5

WIDTH, LEFT, RIGHT, ROW, TOP = 880, 230, 60, 26, 74
INK, QUIET, PAPER, LINE, ACCENT = "#26221c", "#6f675b", "#faf6ee", "#d9d0c0", "#a4432a"


@dataclass(frozen=True, slots=True)
class Deal:
    """What happened to a deck over all communities. Counts are by the cards' ids, in the catalogue's order."""

    name: str
    titles: dict[str, str]
    first: dict[str, int]
    never_in_first_five: int
    tied: float
    communities: int

    def share(self, id: str) -> float:
        return self.first[id] / self.communities


def deal(name: str, deck: Deck, titles: dict[str, str]) -> Deal:
    choices = single_choices()
    first: Counter[str] = Counter()
    seen: set[str] = set()
    tied = 0
    for chosen in choices:
        found = rank(deck, chosen)
        first[found[0].id] += 1
        seen |= {r.id for r in found[:FIRST_FIVE]}
        tied += sum(r.score == found[0].score for r in found)
    return Deal(
        name, titles, {id: first[id] for id in titles}, len(titles) - len(seen), tied / len(choices), len(choices)
    )


def deals() -> list[Deal]:
    """The templates, then each section."""
    known, decks = catalogue(), decks_of(catalogue())
    templates = deal("Templates", decks.pop("templates"), {t.id: t.title for t in known.templates})
    return [
        templates,
        *(
            deal(known.section(s).title, deck, {m.id: m.title for m in known.methods_of(s)})
            for s, deck in decks.items()
        ),
    ]


def tables(found: list[Deal]) -> str:
    templates = found[0]
    lines = ["| template | first for |", "|---|---:|"]
    lines += [f"| {templates.titles[id]} | {templates.share(id):.1%} |" for id in _by_count(templates)]
    lines += [
        "",
        "| deck | cards | most often first | for | ever first | never in the first five | equal in score at the top |",
    ]
    lines += ["|---|---:|---|---:|---:|---:|---:|"]
    for d in found:
        top, ever = _by_count(d)[0], sum(count > 0 for count in d.first.values())
        cells = [
            d.name,
            len(d.titles),
            d.titles[top],
            f"{d.share(top):.1%}",
            ever,
            d.never_in_first_five,
            f"{d.tied:.1f}",
        ]
        lines.append(f"| {' | '.join(map(str, cells))} |")
    return "\n".join(lines) + "\n"


def picture(found: list[Deal]) -> str:
    """Bars for the templates below the line that none may cross; for each section a strip, a part for each method."""
    templates, sections = found[0], found[1:]
    bars_end = TOP + ROW * len(templates.titles)
    height = bars_end + 90 + 52 * len(sections)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img"'
        ' aria-labelledby="t" font-family="Georgia, serif" font-size="15">',
        f'<title id="t">How often each template and method comes first, {templates.communities} communities</title>',
        f'<rect width="{WIDTH}" height="{height}" fill="{PAPER}"/>',
        _text(20, 32, "Which template comes first", size=19),
        *_scale(bars_end),
    ]
    for n, id in enumerate(_by_count(templates)):
        y = TOP + ROW * n
        parts.append(_text(LEFT - 12, y + 16, templates.titles[id], anchor="end"))
        parts.append(_bar(LEFT, y + 3, _x(templates.share(id)) - LEFT, ROW - 8, ACCENT))
        parts.append(_text(_x(templates.share(id)) + 8, y + 16, f"{templates.share(id):.1%}", color=QUIET))
    parts.append(_text(20, bars_end + 52, "Which method comes first, section by section", size=19))
    for n, section in enumerate(sections):
        parts += _strip(section, bars_end + 74 + 52 * n)
    return "\n".join([*parts, "</svg>"]) + "\n"


def _strip(section: Deal, y: int) -> list[str]:
    """The whole width is all communities; the most frequent one is accented and named."""
    ids = [id for id in _by_count(section) if section.first[id]]
    parts, x, full = [_text(LEFT - 12, y + 18, section.name, anchor="end")], float(LEFT), WIDTH - LEFT - RIGHT
    for id in ids:
        width = section.share(id) * full
        parts.append(_bar(x, y, max(width - 1.5, 0.5), 26, ACCENT if id == ids[0] else QUIET))
        x += width
    words = f"{section.titles[ids[0]]} {section.share(ids[0]):.1%}; {len(ids)} of {len(section.titles)} are ever first"
    return [*parts, _text(LEFT, y + 43, words, color=QUIET, size=13)]


def _scale(bottom: int) -> list[str]:
    parts = []
    for percent in (0, 10, 20, 30, 35):
        x, limit = _x(percent / 100), percent == 100 * LIMIT
        color = INK if limit else LINE
        dash = ' stroke-dasharray="5 4"' if limit else ""
        parts.append(f'<path d="M{x:.1f} {TOP - 6}V{bottom}" stroke="{color}"{dash}/>')
        parts.append(_text(x, TOP - 14, f"{percent}%", anchor="middle", color=INK if limit else QUIET, size=13))
    return parts


def _x(share: float) -> float:
    return LEFT + share / 0.36 * (WIDTH - LEFT - RIGHT)


def _bar(x: float, y: int, width: float, height: int, color: str) -> str:
    return f'<rect x="{x:.1f}" y="{y}" width="{width:.1f}" height="{height}" fill="{color}"/>'


def _text(x: float, y: int, words: str, *, anchor: str = "start", color: str = INK, size: int = 15) -> str:
    return f'<text x="{x:.1f}" y="{y}" text-anchor="{anchor}" fill="{color}" font-size="{size}">{escape(words)}</text>'


def _by_count(d: Deal) -> list[str]:
    """The most frequent first; the catalogue's order among equals."""
    return sorted(d.first, key=lambda id: -d.first[id])


def main() -> None:
    found = deals()
    PICTURE.write_text(picture(found))
    before, _, rest = DOCUMENT.read_text().partition(BEGIN)
    DOCUMENT.write_text(before + BEGIN + tables(found) + END + rest.partition(END)[2])
    print(f"wrote {PICTURE.relative_to(ROOT)} and the tables of {DOCUMENT.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
