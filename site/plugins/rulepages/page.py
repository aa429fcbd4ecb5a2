"""One file to write: what pages are before they are rendered."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rulepages.site_inputs import Site


@dataclass(frozen=True, slots=True)
class Page:
    """`path` is relative to the tree; `key` stands for the rows that it shows: all else is fixed within a release."""

    path: str
    template: str
    context: Mapping[str, Any]
    key: str = ""


@dataclass(frozen=True, slots=True)
class Meta:
    """What the frame of a page says about it. `title` is without the site's name."""

    address: str
    title: str
    description: str
    indexed: bool = True
    current: str = ""  # the item of the main navigation that is marked


def address_of(path: str) -> str:
    """`rules/x/index.html` → `/rules/x/`; a file keeps its name."""
    return "/" + path.removesuffix("index.html")


def html_page(
    site: Site,
    path: str,
    template: str,
    /,
    *,
    title: str,
    description: str,
    indexed: bool = True,
    current: str = "",
    key: str = "",
    **context: Any,
) -> Page:
    """A page in the site's frame (`base.html`)."""
    meta = Meta(address_of(path), title, description, indexed and site.public, current)
    return Page(path, template, {"site": site, "page": meta, **context}, key)
