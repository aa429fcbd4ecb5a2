"""The only module that imports Pelican: it lets Pelican host the page engine.

`RulePagesGenerator` yields our pages in place of Pelican's articles and pages; `PageWriter` writes them as `page_files`
does. Both are given to Pelican by its documented signals, so that the stock command
`pelican -s site/pelicanconf.py` builds the same tree as the pages worker, byte for byte.
"""

import io
import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Any

from jinja2 import Template
from pelican import signals
from pelican.generators import Generator
from pelican.settings import read_settings
from pelican.writers import Writer

from asset_files import build_assets
from page_files import write_file
from rulepages.export import ExportSource
from rulepages.page import Page
from rulepages.pages import all_pages
from rulepages.rows import Card, Dated, Document, Rule
from rulepages.site_inputs import Site, load_site


def restore_logging() -> None:
    """Undo Pelican's takeover of logging, which drops repeated messages in the whole process; and its line per page."""
    logging.setLoggerClass(logging.Logger)
    logging.getLogger().__class__ = logging.RootLogger
    logging.getLogger("pelican").setLevel(logging.WARNING)
    logging.getLogger("pelican").addHandler(FatalWarnings())


class FatalWarnings(logging.Handler):
    """Pelican forgives and goes on; a page that it warns of must not be put in place."""

    def emit(self, record: logging.LogRecord) -> None:
        raise RuntimeError(f"Pelican warns: {record.getMessage()}")


class PageWriter(Writer):  # type: ignore[misc]  # pelican ships no types
    """Pelican's writer, with atomic files. `_open_w` is private to Pelican: the version is pinned and a test holds it.

    `put` takes a page's path and bytes when it is given, instead of writing them here; `data` holds the bytes of the
    last page.
    """

    put: Callable[[str, bytes], None] | None = None
    data = b""

    def _open_w(self, filename: str, encoding: str, override: bool = False) -> "_AtomicFile":
        return _AtomicFile(self._keep(Path(filename)), encoding)

    def _keep(self, file: Path) -> Callable[[bytes], None]:
        root = Path(self.output_path)

        def keep(data: bytes) -> None:
            self.data = data
            path = str(file.relative_to(root))
            if self.put:
                self.put(path, data)
            else:
                write_file(root, path, data)

        return keep


class _AtomicFile(io.StringIO):
    """Text that is written out as a whole when it is closed without an error."""

    def __init__(self, keep: Callable[[bytes], None], encoding: str) -> None:
        super().__init__(newline="")
        self._keep_bytes, self._encoding_name = keep, encoding

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self._keep_bytes(self.getvalue().encode(self._encoding_name))
        super().__exit__(kind, error, trace)


class RulePagesGenerator(Generator):  # type: ignore[misc]  # pelican ships no types
    """Every page of the site, from the rows of an export."""

    def generate_output(self, writer: PageWriter) -> None:
        site = site_of(self.settings)
        export = self.settings["RULES_EXPORT"]
        source = ExportSource(Path(export)) if export else NoRules()
        for page in all_pages(site, source):
            self.write(writer, page)

    def write(self, writer: PageWriter, page: Page) -> None:
        """The page's context goes in as Pelican's, not as keywords: some names (`url`, `template`) are taken there."""
        writer.write_file(page.path, self._template(page.template), {**self.context, **page.context()})

    def _template(self, name: str) -> Template:
        """Our templates have whole file names; Pelican's own look-up would try `.html` after each."""
        template: Template = self.env.get_template(name)
        return template


class NoRules:
    """The rows of a site that has none: for a theme author who runs `pelican` in a fresh checkout."""

    def rules(self) -> Iterator[Rule]:
        return iter(())

    def document(self, slug: str, number: int) -> Document:
        raise LookupError(slug)

    def newest(self, listing: str, count: int) -> list[Card]:
        return []

    def between(self, listing: str, first: int, last: int) -> list[Card]:
        return []

    def highest_place(self, listing: str) -> int:
        return 0

    def listed_count(self, listing: str) -> int:
        return 0

    def dates_between(self, first: int, last: int) -> list[Dated]:
        return []


def site_of(settings: dict[str, Any]) -> Site:
    """The site that the settings describe; its assets are made when they are not there yet."""
    assets = build_assets(Path(settings["THEME"]) / "static", Path(settings["ASSETS_DIR"]))
    return load_site(
        root=Path(settings["REPOSITORY"]),
        seed_data=Path(settings["SEED_DATA"]),
        origin=settings["ORIGIN"],
        public_origin=settings["PUBLIC_ORIGIN"],
        assets=assets,
        lock=Path(settings["LOCK"]),
    )


def open_generator(conf: Path, output: Path, override: dict[str, Any]) -> tuple[RulePagesGenerator, PageWriter]:
    """The generator and writer as Pelican itself would make them, for a process that writes pages one by one."""
    settings = read_settings(str(conf), override={**override, "OUTPUT_PATH": str(output)})
    context = {**settings, "generated_content": {}, "static_links": set(), "static_content": {}}
    context["localsiteurl"] = settings["SITEURL"]
    generator = RulePagesGenerator(context, settings, settings["PATH"], settings["THEME"], str(output))
    return generator, PageWriter(str(output), settings)


def register() -> None:
    signals.get_generators.connect(_generators)
    signals.get_writer.connect(_writer)


def _generators(pelican_object: Any) -> type[Generator]:
    return RulePagesGenerator


def _writer(pelican_object: Any) -> type[Writer]:
    return PageWriter
