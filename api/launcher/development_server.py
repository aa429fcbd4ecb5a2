"""A small server for development, used where nginx is not installed. It follows the serving table.

Pages come from the tree, `/api/` goes on to the API's socket. It is as right as nginx about addresses, headers and
error pages, and makes no promise about speed.
"""

import http.client
import mimetypes
import os
import re
import signal
import socket
from collections.abc import Iterable
from email.utils import formatdate
from pathlib import Path
from typing import Any
from urllib.parse import quote
from wsgiref.types import StartResponse, WSGIEnvironment

import waitress

from api.config import Config
from api.launcher import serving_table as table

Answer = tuple[int, dict[str, str], bytes]
HOP_BY_HOP = ("connection", "keep-alive", "transfer-encoding", "server", "date")


class DevelopmentServer:
    """A WSGI app: the tree and the API behind one port."""

    def __init__(self, config: Config, api_socket: Path) -> None:
        self._build, self._uploads, self._socket = config.build, config.uploads, api_socket
        self._https = config.origin.startswith("https:")
        self._headers = table.every_answer(https=self._https)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        path = environ["PATH_INFO"].encode("latin-1").decode("utf-8", "replace")
        if target := table.redirect_of(path):
            status, headers, body = 301, {"Location": quote(target)}, b""
        elif self._uploads and path.startswith(table.UPLOADS):
            status, headers, body = self._from_uploads(environ, path, self._uploads)
        elif path.startswith(table.API):
            status, headers, body = self._from_api(environ)
        elif environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
            status, headers, body = 405, {"Content-Type": "text/plain; charset=utf-8"}, b"Pages can only be read.\n"
        elif _is_unreadable(path):
            status, headers, body = self._error(404)
        else:
            status, headers, body = self._from_tree(environ, path)
        reason = http.client.responses.get(status, "")
        sent = {**dict(self._headers), **headers, "Content-Length": str(len(body))}
        start_response(f"{status} {reason}", [*sent.items()])
        return [b""] if environ["REQUEST_METHOD"] == "HEAD" else [body]

    # -- the tree -----------------------------------------------------------------------------------------------------

    def _from_tree(self, environ: WSGIEnvironment, path: str) -> Answer:
        current = self._build / "current"
        if path.startswith(table.ASSETS):
            return self._file(environ, self._build / path.removeprefix("/"), table.ASSET_CACHE)
        hidden = re.search(table.TOMBSTONE, path)
        if hidden and any((self._build / "gone" / name).exists() for name in _tombstones(hidden)):
            return self._error(410)
        if not (current / table.WHOLE).exists() or (hidden and not (self._build / table.READY).exists()):
            return self._error(503)
        if not path.endswith("/") and os.path.isdir(current / path.removeprefix("/")):
            return 301, {"Location": quote(f"{path}/")}, b""
        file = current / (path.removeprefix("/") + ("index.html" if path.endswith("/") else ""))
        return self._file(environ, file, table.PAGE_CACHE)

    def _file(self, environ: WSGIEnvironment, file: Path, cache: str) -> Answer:
        """The file, or its `.gz` twin for a browser that takes it."""
        packed = file.with_name(file.name + ".gz")
        sent = packed if "gzip" in environ.get("HTTP_ACCEPT_ENCODING", "") and packed.is_file() else file
        try:
            body, facts = sent.read_bytes(), sent.stat()
        except (OSError, ValueError):
            return self._error(404)
        headers = {
            "Content-Type": _type_of(file),
            "Cache-Control": cache,
            "ETag": f'"{int(facts.st_mtime):x}-{facts.st_size:x}"',
            "Last-Modified": formatdate(facts.st_mtime, usegmt=True),
            "Vary": "Accept-Encoding",
        }
        if sent is packed:
            headers["Content-Encoding"] = "gzip"
        if environ.get("HTTP_IF_NONE_MATCH") == headers["ETag"]:
            return 304, headers, b""
        return 200, headers, body

    def _error(self, status: int) -> Answer:
        headers = {"Content-Type": "text/html; charset=utf-8", "Cache-Control": table.ERROR_CACHE}
        if status == 503:
            headers["Retry-After"] = str(table.RETRY_SECONDS)
        try:
            return status, headers, (self._build / "current" / table.ERROR_PAGES[status]).read_bytes()
        except OSError:
            return status, headers, table.STARTING.encode()

    # -- uploads ------------------------------------------------------------------------------------------------------

    def _from_uploads(self, environ: WSGIEnvironment, path: str, folder: Path) -> Answer:
        kind = next((kind for kind in table.UPLOAD_NAMES if re.fullmatch(table.UPLOAD_NAME % kind, path)), "")
        if kind and environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
            return 405, {"Content-Type": "application/json", "Allow": "GET, HEAD"}, table.NO_METHOD.encode()
        file = folder / path.removeprefix(table.UPLOADS)
        if not kind or file.is_symlink() or not file.is_file():
            missing = {"Content-Type": "application/json", "Cache-Control": table.ERROR_CACHE}
            return 404, missing, table.NO_UPLOAD.encode()
        headers = {**table.upload_headers(kind, https=self._https), "Content-Type": table.UPLOAD_NAMES[kind]}
        return 200, {**headers, "ETag": f'"{file.stem}"'}, file.read_bytes()

    # -- the API ------------------------------------------------------------------------------------------------------

    def _from_api(self, environ: WSGIEnvironment) -> Answer:
        length = int(environ.get("CONTENT_LENGTH") or 0)
        new_upload = environ["PATH_INFO"] == table.NEW_UPLOAD
        if length > (table.UPLOAD_BODY_BYTES if new_upload else table.API_BODY_BYTES):
            return 413, {"Content-Type": "application/json"}, table.API_TOO_LARGE.encode()
        try:
            return self._ask_api(environ, environ["wsgi.input"].read(length))
        except (OSError, http.client.HTTPException):
            headers = {"Cache-Control": table.ERROR_CACHE, "Retry-After": str(table.RETRY_SECONDS)}
            if "text/html" in environ.get("HTTP_ACCEPT", ""):
                return self._error(503)
            return 503, {**headers, "Content-Type": "application/json"}, table.API_AWAY.encode()

    def _ask_api(self, environ: WSGIEnvironment, body: bytes) -> Answer:
        connection = _SocketConnection(self._socket)
        try:
            # The raw path, as nginx passes it on; PATH_INFO has it decoded.
            connection.request(environ["REQUEST_METHOD"], environ["REQUEST_URI"], body, _request_headers(environ))
            response = connection.getresponse()
            headers = {
                name: value
                for name, value in response.getheaders()
                if name.lower() not in HOP_BY_HOP and name.lower() != "content-length"
            }
            return response.status, headers, response.read()
        finally:
            connection.close()


class _SocketConnection(http.client.HTTPConnection):
    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=table.API_SECONDS)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))


def _tombstones(rule: re.Match[str]) -> tuple[str, ...]:
    """The names of those that hide an address of a rule."""
    slug, part, number = rule["slug"], rule["part"], rule["number"]
    return (slug, f"{slug}.{part}.{number}") if part else (slug,)


def _is_unreadable(path: str) -> bool:
    """The tree's own names, error pages by their file names, and what no file can be called."""
    own = re.search(table.HIDDEN, path) or path.removeprefix("/") in table.ERROR_PAGES.values()
    return bool(own) or "\0" in path or "//" in path


def _request_headers(environ: WSGIEnvironment) -> dict[str, str]:
    names = {key.removeprefix("HTTP_").replace("_", "-"): value for key, value in environ.items() if _is_header(key)}
    names.pop("CONNECTION", None)
    names.pop("TRANSFER-ENCODING", None)
    return {**names, "X-Forwarded-For": environ.get("REMOTE_ADDR", "")}


def _is_header(key: str) -> bool:
    return key.startswith("HTTP_") or key in ("CONTENT_TYPE", "CONTENT_LENGTH")


def _type_of(file: Path) -> str:
    if file.name == "feed.xml":
        kind = table.FEED_TYPE
    else:
        kind = table.TYPES.get(file.suffix) or mimetypes.guess_type(file.name)[0] or "application/octet-stream"
    return f"{kind}; charset=utf-8" if kind in table.TEXT_TYPES else kind


def run_development_server(config: Config, api_socket: Path) -> int:
    signal.signal(signal.SIGTERM, _stop)
    waitress.serve(
        DevelopmentServer(config, api_socket),
        listen=f"[{config.bind}]:{config.port}" if ":" in config.bind else f"{config.bind}:{config.port}",
        threads=8,
        ident=None,
        max_request_body_size=table.API_BODY_BYTES * 16,  # beyond that waitress hangs up without a word of ours
        _quiet=True,
    )
    return os.EX_OK


def _stop(*_: Any) -> None:
    raise SystemExit(0)
