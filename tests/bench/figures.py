"""What a bench found, as rows, as tables and as a picture."""

import math
import os
import platform
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from pathlib import Path

from api import ROOT

INK, QUIET, PAPER, LINE, ACCENT = "#26221c", "#6f675b", "#faf6ee", "#d9d0c0", "#a4432a"


@dataclass(frozen=True)
class Publishing:
    """Milliseconds from the request until everything shows the new version, each time another rule."""

    rules: int
    p50_ms: float
    p99_ms: float
    answer_p50_ms: float
    pending: int


@dataclass(frozen=True)
class Building:
    """A whole release; `again_seconds` with nothing changed since. `files` counts twins too."""

    rules: int
    seconds: float
    again_seconds: float
    pages: int
    files: int
    tree_mb: float
    worker_mib: float


@dataclass(frozen=True)
class Together:
    """Ten authors at once, each publishing rule after rule."""

    rules: int
    per_second: float
    p50_ms: float
    p99_ms: float
    pending: int


@dataclass(frozen=True)
class Reading:
    """Static reads through nginx meanwhile."""

    rules: int
    during: str
    reads: int
    failed: int
    p50_ms: float
    p99_ms: float


@dataclass(frozen=True)
class Cost:
    """Pages that a publish touches: a + b x listings."""

    rules: int
    a: float
    b: float


def percentile(values: Sequence[float], percent: int) -> float:
    ordered = sorted(values)
    return round(ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)], 2)


def setting(folder: Path) -> str:
    """The machine, the day, the commit."""
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False
    ).stdout.strip()
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    disk = shutil.disk_usage(folder)
    return (
        f"Made by `scripts/bench publish` on {datetime.now(UTC):%Y-%m-%d} at {commit or 'no commit'}:"
        f" {os.cpu_count()} cores, {memory:.0f} GiB of memory, {disk.free >> 30} of {disk.total >> 30} GiB free,"
        f" {platform.system()} {platform.release().split('-')[0]}, Python {platform.python_version()}, the embedded"
        " PostgreSQL with `fsync` on, nginx."
    )


def table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> list[str]:
    lines = [f"| {' | '.join(head)} |", f"|{'---:|' * len(head)}"]
    return [*lines, *(f"| {' | '.join(_cell(cell) for cell in row)} |" for row in rows)]


def _cell(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) else str(value)


def curves(rows: Sequence[Publishing]) -> str:
    """p50 and p99 over the size of the library, which has a logarithmic axis, as SVG."""
    width, height, left, bottom, top = 720, 320, 60, 50, 40
    sizes = [row.rules for row in rows]
    low, high = math.log10(min(sizes)), math.log10(max(sizes))
    most = max(20.0, *(row.p99_ms for row in rows)) * 1.1

    def x(size: int) -> float:
        share = (math.log10(size) - low) / (high - low) if high > low else 0.5
        return left + share * (width - left - 40)

    def y(milliseconds: float) -> float:
        return height - bottom - milliseconds / most * (height - bottom - top)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-size="13"'
        ' font-family="sans-serif">',
        f'<rect width="{width}" height="{height}" fill="{PAPER}"/>',
        f'<text x="{left}" y="22" fill="{INK}">From a publish until every page shows it, in milliseconds</text>',
    ]
    for mark in range(0, int(most) + 1, 5 if most < 40 else 20):
        parts.append(f'<line x1="{left}" x2="{width - 40}" y1="{y(mark):.1f}" y2="{y(mark):.1f}" stroke="{LINE}"/>')
        parts.append(f'<text x="{left - 8}" y="{y(mark) + 4:.1f}" fill="{QUIET}" text-anchor="end">{mark}</text>')
    under = f'y="{height - 26}" fill="{QUIET}" text-anchor="middle"'
    parts += [f'<text x="{x(size):.1f}" {under}>{size:,}</text>' for size in sizes]
    parts.append(f'<text x="{left}" y="{height - 8}" fill="{QUIET}">rules in the library</text>')
    for name, values, colour in (
        ("median", [row.p50_ms for row in rows], ACCENT),
        ("99 of 100", [row.p99_ms for row in rows], INK),
    ):
        points = [(x(size), y(value)) for size, value in zip(sizes, values, strict=True)]
        path = " ".join(f"{px:.1f},{py:.1f}" for px, py in points)
        parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts += [f'<circle cx="{px:.1f}" cy="{py:.1f}" r="3.5" fill="{colour}"/>' for px, py in points]
        parts.append(
            f'<text x="{points[-1][0]:.1f}" y="{points[-1][1] - 9:.1f}" fill="{colour}" text-anchor="end">'
            f"{escape(name)}: {values[-1]:g}</text>"
        )
    return "\n".join([*parts, "</svg>", ""])
