"""A rule's mark: a small drawing made from the rule's own address, the same for ever.

Sixteen petals on a ring, each present, absent or filled by two bits of a sha256. Plain SVG paths in `currentColor`.
"""

import hashlib
from functools import lru_cache

from markupsafe import Markup

# Whole numbers, worked out once on a circle of radius 100, so that no platform's sine can change a page's bytes.
CORNERS = (
    ((100, 0), (92, 38), (71, 71), (38, 92)),
    ((0, 100), (-38, 92), (-71, 71), (-92, 38)),
    ((-100, 0), (-92, -38), (-71, -71), (-38, -92)),
    ((0, -100), (38, -92), (71, -71), (92, -38)),
)
POINTS = tuple(point for quarter in CORNERS for point in quarter)


@lru_cache(maxsize=4096)
def mark(slug: str) -> Markup:
    bits = int.from_bytes(hashlib.sha256(slug.encode()).digest()[:8], "big")
    shapes = []
    for index, (x, y) in enumerate(POINTS):
        kind = bits >> (2 * index) & 3
        if kind == 0:
            continue
        if kind == 1:
            shapes.append(f'<path d="M{x * 2 // 5} {y * 2 // 5}L{x} {y}" stroke="currentColor" stroke-width="5"/>')
        elif kind == 2:
            shapes.append(f'<circle cx="{x * 4 // 5}" cy="{y * 4 // 5}" r="11" fill="currentColor"/>')
        else:
            ring = 'r="14" fill="none" stroke="currentColor" stroke-width="5"'
            shapes.append(f'<circle cx="{x * 3 // 5}" cy="{y * 3 // 5}" {ring}/>')
    inner = bits >> 40 & 3
    shapes.append(f'<circle r="{12 + 5 * inner}" fill="currentColor"/>')
    drawing = "".join(shapes)
    return Markup(  # noqa: S704 - made of whole numbers only
        f'<svg class="mark" viewBox="-120 -120 240 240" aria-hidden="true" focusable="false">{drawing}</svg>'
    )
