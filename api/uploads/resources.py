"""HTTP in and out: uploads."""

from collections.abc import Callable, Mapping
from typing import IO, Any

import falcon
from falcon import Request, Response
from falcon.media.multipart import MultipartFormHandler, MultipartParseOptions

from api.errors import Invalid, NotFound, TooLarge
from api.people import Person, require
from api.uploads import actions
from api.uploads.actions import Parts, Stored
from api.uploads.bodies import LARGEST, MEBIBYTE, read_purpose
from api.wire import FORM_BYTES, FORM_FIELDS, require_type, to_json

MULTIPART_TYPE = "multipart/form-data"
BODY_BYTES = LARGEST + 2 * MEBIBYTE
PIECE_BYTES = 64 * 1024
FILE = "file"


class Uploads:
    """`authenticate` finds who a request's cookies belong to."""

    def __init__(self, *, parts: Parts, authenticate: Callable[[Mapping[str, str]], Person | None]) -> None:
        self._parts, self._authenticate = parts, authenticate

    def on_post(self, req: Request, resp: Response) -> None:
        person = require(self._authenticate(req.cookies))
        with self._parts.store.new_file() as upload:
            purpose = read_purpose(read_multipart(req, upload.file))
            if upload.size() == 0:
                raise Invalid("file is missing.", {"fieldErrors": {FILE: ["is missing"]}, "formErrors": []})
            stored = actions.add_upload(parts=self._parts, by=person, purpose=purpose, upload=upload)
        resp.text = to_json(_plain(stored))


class Upload:
    """The web server answers here, from disk, for everything that it has: see `launcher.serving_table`."""

    def __init__(self, *, parts: Parts) -> None:
        self._parts = parts

    def on_get(self, req: Request, resp: Response, upload_id: str) -> None:
        self._parts.store.check()
        raise NotFound("There is no such picture or file.")


def read_multipart(req: Request, file: IO[bytes]) -> dict[str, str]:
    """The fields of a form that carries a file, which goes into `file`, piece by piece; nothing, where none was chosen.

    For every route that has such a form: `api.routes` can hand it to another feature. Fields are what
    `wire.parse_form` makes of a form without one. Raise TooLarge before anything is read, or as soon as it is seen.
    """
    require_type(req.content_type, MULTIPART_TYPE)
    if (req.content_length or 0) > BODY_BYTES:
        raise TooLarge(f"The body is larger than {BODY_BYTES // MEBIBYTE} MiB.")
    handler = MultipartFormHandler(MultipartParseOptions())
    handler.parse_options.max_body_part_count = FORM_FIELDS
    fields: dict[str, str] = {}
    try:
        form = handler.deserialize(req.bounded_stream, req.content_type, req.content_length or 0)
        for part in form:
            if part.name == FILE:
                _read_file(part.stream, file)
            elif part.name is None:
                raise Invalid("The form could not be read: a part of it has no name.")
            else:
                fields[part.name] = _read_field(part.stream, FORM_BYTES - sum(map(len, fields.values())))
    except (falcon.HTTPError, UnicodeError):
        raise Invalid("The form could not be read: it was cut off on its way, or is not one.") from None
    return fields


def _read_file(stream: Any, file: IO[bytes]) -> None:
    if file.tell():
        raise Invalid("Send one file at a time.", {"fieldErrors": {FILE: ["comes twice"]}, "formErrors": []})
    while piece := stream.read(PIECE_BYTES):
        if file.tell() + len(piece) > LARGEST:
            raise TooLarge(f"The file is larger than {LARGEST // MEBIBYTE} MiB.")
        file.write(piece)


def _read_field(stream: Any, left: int) -> str:
    data: bytes = stream.read(left + 1)
    if len(data) > left:
        raise TooLarge(f"The form’s texts are larger than {FORM_BYTES // 1024} KiB.")
    return data.decode("utf-8").replace("\r\n", "\n")


def _plain(stored: Stored) -> dict[str, Any]:
    plain = {
        "id": stored.name,
        "url": stored.address,
        "mimeType": stored.media_type,
        "byteLength": stored.bytes,
    }
    if stored.size:
        plain |= {"width": stored.size.width, "height": stored.size.height}
    return plain
