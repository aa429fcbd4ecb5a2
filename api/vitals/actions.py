"""What can be done here: count a measurement, read the counts.

A measurement becomes one more in a bucket: of its metric, its day, its kind of page. The kinds are a fixed list and
each metric has a fixed list of bounds, so the table stays small whatever is sent.
"""

import re
from bisect import bisect_left
from collections.abc import Iterable
from itertools import groupby
from typing import Any
from urllib.parse import urlsplit

from api.database import Database
from api.errors import Invalid
from api.vitals import queries
from api.vitals.queries import Count

KEPT_DAYS = 90  # the errands worker removes older ones
OTHER = "other"

# Upper bounds of the buckets; what is above the last one has a bucket of its own. The two bounds by which a value is
# good, needs improvement or is poor are among them, so that those counts are exact.
MILLISECONDS = (
    *(25, 50, 75, 100, 125, 150, 175, 200, 250, 300, 350, 400, 450, 500, 600, 700, 800, 900, 1000, 1200, 1400, 1600),
    *(1800, 2000, 2250, 2500, 2750, 3000, 3500, 4000, 5000, 6000, 8000, 10_000, 15_000, 30_000, 60_000),
)
SHIFTS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.125, 0.15, 0.175, 0.2, 0.25, 0.3, 0.4, 0.5, 0.75, 1, 2)
BOUNDS: dict[str, tuple[float, ...]] = {"cls": SHIFTS, "inp": MILLISECONDS, "lcp": MILLISECONDS}
GOOD_AND_POOR: dict[str, tuple[float, float]] = {"cls": (0.1, 0.25), "inp": (200, 500), "lcp": (2500, 4000)}

# Pages by kind. A part in `<…>` stands for any word; the first that fits counts.
KINDS = (
    *("/", "/rules/", "/rules/page/<page>/", "/rules/by/<filter>/<value>/", "/rules/by/<filter>/<value>/page/<page>/"),
    *("/rules/<rule>/", "/rules/<rule>/history/", "/rules/<rule>/v/<version>/", "/rules/<rule>/compare/<version>/"),
    *("/templates/", "/templates/<template>/", "/methods/", "/methods/<section>/", "/methods/<section>/<method>/"),
    *(
        "/values/",
        "/learn/",
        "/learn/<article>/",
        "/use-cases/",
        "/use-cases/<use-case>/",
        "/use-cases/<use-case>/rule/",
    ),
    *("/search/", "/create/plain/", "/create/<step>/", "/sign-in/", "/profile/", "/about/", "/how-it-works/"),
)
PATTERNS = tuple((kind, re.compile(re.sub(r"<[^>]*>", "[^/]+", kind))) for kind in KINDS)


def count_measurement(*, database: Database, metric: str, value: float, url: str) -> None:
    bucket = bisect_left(BOUNDS[metric], value)
    page = page_kind(url)
    with database.connection() as connection:
        queries.count_measurement(connection, metric=metric, page=page, bucket=bucket)


def read_vitals(*, database: Database, days: int) -> dict[str, Any]:
    """By metric: how many, p75, how many were good and not, and the same per kind of page and day."""
    with database.connection() as connection:
        counts = queries.counts_since(connection, days=days)
    return {metric: _metric(metric, list(rows)) for metric, rows in groupby(counts, key=lambda row: row.metric)}


def page_kind(url: str) -> str:
    """The kind of page that an address is of; only its path counts."""
    try:
        path = urlsplit(url).path or "/"
    except ValueError:
        raise Invalid("url is not an address.", {"fieldErrors": {"url": ["is not an address"]}}) from None
    return next((kind for kind, pattern in PATTERNS if pattern.fullmatch(path)), OTHER)


def percentile(bounds: tuple[float, ...], counts: dict[int, int], share: float) -> float:
    """Below this value lies that share of the measurements; within a bucket they count as evenly spread."""
    wanted, seen = share * sum(counts.values()), 0
    for bucket in sorted(counts):
        if seen + counts[bucket] >= wanted:
            low = bounds[bucket - 1] if bucket else 0.0
            high = bounds[bucket] if bucket < len(bounds) else low
            return round(low + (high - low) * (wanted - seen) / counts[bucket], 4)
        seen += counts[bucket]
    raise ValueError("nothing was counted")


def _metric(metric: str, rows: list[Count]) -> dict[str, Any]:
    good, poor = (bisect_left(BOUNDS[metric], bound) for bound in GOOD_AND_POOR[metric])
    total = sum(row.count for row in rows)
    good_count = sum(row.count for row in rows if row.bucket <= good)
    poor_count = sum(row.count for row in rows if row.bucket > poor)
    return {
        "count": total,
        "p75": _p75(metric, rows),
        "goodCount": good_count,
        "needsImprovementCount": total - good_count - poor_count,
        "poorCount": poor_count,
        "pages": [
            {"page": page, "day": day.isoformat(), **_page(metric, list(found))}
            for (page, day), found in groupby(rows, key=lambda row: (row.page, row.day))
        ],
    }


def _page(metric: str, rows: list[Count]) -> dict[str, Any]:
    return {"count": sum(row.count for row in rows), "p75": _p75(metric, rows)}


def _p75(metric: str, rows: Iterable[Count]) -> float:
    counts: dict[int, int] = {}
    for row in rows:
        counts[row.bucket] = counts.get(row.bucket, 0) + row.count
    return percentile(BOUNDS[metric], counts, 0.75)
