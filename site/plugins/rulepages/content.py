"""Hand-written pages and articles from `content/`."""

from dataclasses import dataclass
from pathlib import Path

from rulepages.headers import BadFile, read_file, to_html


@dataclass(frozen=True, slots=True)
class HandPage:
    """A page of `content/pages/`, served at `/<slug>/`. `html` is trusted."""

    slug: str
    title: str
    description: str
    html: str


@dataclass(frozen=True, slots=True)
class Article:
    """An article of `content/articles/`, served at `/learn/<slug>/`. `date` is `YYYY-MM-DD`; `html` is trusted."""

    slug: str
    title: str
    description: str
    date: str
    html: str


@dataclass(frozen=True, slots=True)
class Content:
    pages: tuple[HandPage, ...]
    articles: tuple[Article, ...]  # newest first


def load_content(folder: Path) -> Content:
    """Read `content/`; `BadFile` names the file when one is wrong."""
    pages = tuple(_page(path) for path in sorted((folder / "pages").glob("*.md")))
    articles = [_article(path) for path in sorted((folder / "articles").glob("*.md"))]
    return Content(pages, tuple(sorted(articles, key=lambda a: (a.date, a.slug), reverse=True)))


def _page(path: Path) -> HandPage:
    header, body = read_file(path)
    try:
        return HandPage(path.stem, header["title"], header["description"], to_html(body))
    except KeyError as error:
        raise BadFile(f"{path}: the header has no {error}") from error


def _article(path: Path) -> Article:
    header, body = read_file(path)
    try:
        date = header["date"].isoformat()
        return Article(path.stem, header["title"], header["description"], date, to_html(body))
    except KeyError as error:
        raise BadFile(f"{path}: the header has no {error}") from error
