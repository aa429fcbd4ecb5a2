"""One file to write: what pages are before they are rendered."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from rulepages.site_inputs import Site


@dataclass(frozen=True, slots=True)
class Page:
    """`path` is relative to the tree. `context` makes what the template needs, and is asked only when the page is
    rendered. `key` stands for the rows that the page shows: all else is fixed within a release.
    """

    path: str
    template: str
    context: Callable[[], Mapping[str, Any]]
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
    text: Callable[[], Mapping[str, Any]] = dict,
    **context: Any,
) -> Page:
    """A page in the site's frame (`base.html`). `text` makes the part of its context that takes time."""
    meta = Meta(address_of(path), title, description, indexed and site.public, current)
    return Page(path, template, lambda: {"site": site, "page": meta, **context, **text()}, key)
