"""What people do with pictures and files, and what becomes of those that nobody uses."""

from dataclasses import dataclass
from typing import IO

from api.database import Database, Transaction
from api.errors import Conflict, TooLarge
from api.images.decoder import PICTURES, Decoder, Size, refused
from api.images.store import NewFile, Store
from api.people import Person
from api.uploads import queries
from api.uploads.bodies import MEBIBYTE, Purpose
from rulepages.uploads import FOLDER

MOST_FILES = 200
MOST_BYTES = 200 * MEBIBYTE
UNUSED_DAYS = 7
HALF_WRITTEN_SECONDS = 24 * 3600.0
COLLECTED_AT_ONCE = 200
PDF_HEADS, PDF_END, PDF_TAIL_BYTES = (b"%PDF-1.", b"%PDF-2."), b"%%EOF", 1024

PDF_NOT_HERE = "is a PDF: here only a picture can be used"
PDF_CUT_OFF = "is a PDF without its end: it was cut off on its way"


@dataclass(frozen=True, slots=True)
class Parts:
    """What the actions are made of."""

    database: Database
    store: Store
    decoder: Decoder


@dataclass(frozen=True, slots=True)
class Stored:
    """What became of an upload. A document names it by `name`, together with its size if it is a picture."""

    name: str
    bytes: int
    size: Size | None

    @property
    def address(self) -> str:
        return f"{FOLDER}{self.name}"

    @property
    def media_type(self) -> str:
        return "image/webp" if self.size else "application/pdf"


# -- for people -------------------------------------------------------------------------------------------------------


def add_upload(*, parts: Parts, by: Person, purpose: Purpose, upload: NewFile) -> Stored:
    """Keep a picture, made anew, or a PDF as it is. Whether it is one is seen by looking into it.

    Invalid, TooLarge and Conflict (too many, or too much in all) leave nothing behind.
    """
    if upload.size() > purpose.bytes:
        raise TooLarge(f"The file is larger than {purpose.bytes // MEBIBYTE} MiB.")
    with parts.database.connection() as connection:
        _check_quota(queries.kept_by(connection, by.id), more=0)
    if _head(upload.file).startswith(PDF_HEADS):
        _check_pdf(purpose, upload.file)
        return _keep(parts, by, upload, "pdf", None)
    with parts.store.new_file() as picture:
        wanted = f"{PICTURES}, or a PDF" if purpose.pdf else PICTURES
        size = parts.decoder.reencode(upload.file, picture.file, longest_side=purpose.longest_side, wanted=wanted)
        return _keep(parts, by, picture, "webp", size)


def _keep(parts: Parts, by: Person, file: NewFile, kind: str, size: Size | None) -> Stored:
    """The file first: a row without its file would be worse than a file without its row, which is collected."""
    name, length = f"{file.sha256()}.{kind}", file.size()
    with parts.database.transaction() as connection:
        queries.hold_person(connection, by.id)
        _check_quota(queries.kept_by(connection, by.id, besides=name), more=length)
        queries.hold_name(connection, name)
        file.keep_as(name)
        width, height = (size.width, size.height) if size else (None, None)
        queries.add_upload(connection, name=name, bytes=length, width=width, height=height, person_id=by.id)
    return Stored(name, length, size)


def _check_quota(kept: queries.Kept, *, more: int) -> None:
    advice = f"One that no rule and no draft uses makes room {UNUSED_DAYS} days after it was uploaded."
    if kept.count >= MOST_FILES:
        raise Conflict(f"You keep {kept.count} pictures and files here, which is as many as there may be. {advice}")
    if kept.bytes + more > MOST_BYTES:
        raise Conflict(f"Your pictures and files fill the {MOST_BYTES // MEBIBYTE} MiB that there are. {advice}")


def _check_pdf(purpose: Purpose, file: IO[bytes]) -> None:
    if not purpose.pdf:
        raise refused(PDF_NOT_HERE)
    if PDF_END not in _tail(file):
        raise refused(PDF_CUT_OFF)


def _head(file: IO[bytes]) -> bytes:
    file.seek(0)
    return file.read(len(PDF_HEADS[0]))


def _tail(file: IO[bytes]) -> bytes:
    length = file.seek(0, 2)
    file.seek(max(0, length - PDF_TAIL_BYTES))
    return file.read()


# -- for the errands worker -------------------------------------------------------------------------------------------


def collect_unused(*, connection: Transaction, store: Store) -> int:
    """Remove what nobody refers to, some at a time; how many there were. What a crash left lying goes too.

    Under the name's lock, the row goes first and the file after its commit: a document that is written meanwhile keeps
    both, and somebody who uploads the same again waits, then writes it anew.
    """
    removed = 0
    for name in queries.unused_uploads(connection, days=UNUSED_DAYS, limit=COLLECTED_AT_ONCE):
        with queries.holding_name(connection, name):
            if queries.remove_if_unused(connection, name, days=UNUSED_DAYS):
                store.remove(name)
                removed += 1
    for name in queries.unknown_among(connection, store.names(older_than=HALF_WRITTEN_SECONDS)):
        with queries.holding_name(connection, name):
            if not queries.is_known(connection, name):
                store.remove(name)
                removed += 1
    return removed
