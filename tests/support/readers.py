"""Readers that never look away: they poll pages through the web server and judge every answer.

One thread for each encoding, on a connection that is kept. What they hold against the product (`faults`):

- an answer whose headers and body disagree: ETag, Last-Modified, length, and the version and hash inside a rule's page;
- one validator for two different bodies, at one address in one encoding, whenever they were read;
- a 304 for bytes that are no longer what the page is;
- half a page; a version older than one seen before; a version older than one that was answered to be live;
- anything but 410 at an address that was taken back, anything but 200 elsewhere.

An answer that says that nobody is there (503, a refused or broken connection) is kept apart, in `away`: only a test
that ends the web server itself may have those.
"""

import gzip
import http.client
import random
import re
import threading
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

ENCODINGS = ("identity", "gzip")
EMBEDDED = re.compile(rb'data-version="(\d+)" data-sha256="([0-9a-f]{64})"')
PAUSE_SECONDS = 0.003  # between two requests of one reader: the machine is the product's too


@dataclass(frozen=True)
class Page:
    """One whole answer: what a browser would keep."""

    etag: str
    modified: str
    body: bytes
    version: int


@dataclass
class Watched:
    """What is known of an address. `floor` is the version that every request sent from now on must see, at least."""

    versions: dict[int, str] = field(default_factory=dict)
    floor: int = 0
    gone: bool = False
    silent: bool = False  # between two states that the test knows of: no answer is judged


class Readers:
    """Use it as a context; then ask `assert_content()`, and `away` where that matters."""

    def __init__(self, origin: str, *paths: str) -> None:
        parts = urlsplit(origin)
        self._address = (parts.hostname or "", parts.port or 80)
        self._lock = threading.Lock()
        self._watched: dict[str, Watched] = {path: Watched() for path in paths}
        self._stopping = threading.Event()
        self.faults: list[str] = []
        self.away: list[str] = []
        self.seen: Counter[str] = Counter()  # by status; `changes` counts new bodies of known pages
        self._threads = [
            threading.Thread(target=_Reader(self, encoding).run, name=f"reader-{encoding}") for encoding in ENCODINGS
        ]

    def __enter__(self) -> "Readers":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        for thread in self._threads:
            thread.join()

    # -- what the test knows ------------------------------------------------------------------------------------------

    def accepted(self, rule: Mapping[str, Any], *, live: bool) -> None:
        """A version was accepted. From its being live on, nobody may see an older one; watched from then on."""
        path = path_of(rule)
        with self._lock:
            watched = self._watched.get(path)
            if watched is None:
                if not live:
                    return
                watched = self._watched[path] = Watched()
            watched.versions[rule["version"]] = rule["sha256"]
            if live:
                watched.floor = max(watched.floor, rule["version"])
                watched.gone = watched.silent = False

    def changing(self, rule: Mapping[str, Any]) -> None:
        """It is being taken back or restored: its answers are not judged until `gone` or `accepted` says how it is."""
        with self._lock:
            self._watched.setdefault(path_of(rule), Watched()).silent = True

    def gone(self, rule: Mapping[str, Any]) -> None:
        """It was taken back: every request that is sent from now on must be answered 410."""
        with self._lock:
            watched = self._watched.setdefault(path_of(rule), Watched())
            watched.gone, watched.silent = True, False

    # -- what the readers ask -----------------------------------------------------------------------------------------

    def assert_content(self, *, requests: int = 100) -> None:
        """Nothing was wrong, and they did read."""
        assert self.faults == [], f"{len(self.faults)} faults: {self.faults[:10]}"
        assert self.seen["200"] + self.seen["304"] + self.seen["410"] >= requests, self.seen

    def assert_never_away(self) -> None:
        assert self.away == [], f"{len(self.away)} times: {self.away[:10]}"

    @property
    def stopping(self) -> bool:
        return self._stopping.is_set()

    def address(self) -> tuple[str, int]:
        return self._address

    def paths(self) -> list[str]:
        with self._lock:
            return list(self._watched)

    def facts(self, path: str) -> Watched:
        """A copy, so that what is judged is what was known before the request was sent."""
        with self._lock:
            watched = self._watched[path]
            return Watched(dict(watched.versions), watched.floor, watched.gone, watched.silent)

    def sha256_of(self, path: str, version: int) -> str | None:
        with self._lock:
            return self._watched[path].versions.get(version)


def path_of(rule: Mapping[str, Any]) -> str:
    return f"/rules/{rule['slug']}/"


class _Reader:
    """One thread's work, in one encoding."""

    def __init__(self, readers: Readers, encoding: str) -> None:
        self._readers, self._encoding = readers, encoding
        self._connection: http.client.HTTPConnection | None = None
        self._held: dict[str, Page] = {}  # the newest answer at each address
        self._stale: dict[str, Page] = {}  # the one before it, with other bytes
        self._bodies: dict[tuple[str, str], bytes] = {}  # by address and validator: each stands for one body for ever
        self._random = random.Random(encoding)

    def run(self) -> None:
        while not self._readers.stopping:
            paths = self._readers.paths()
            for path in self._random.sample(paths, min(len(paths), 12)):
                if self._readers.stopping:
                    break
                try:
                    self._look_at(path)
                except (OSError, http.client.HTTPException) as error:
                    self._hang_up()
                    self._readers.away.append(f"{path}: {error!r}")
                    time.sleep(0.02)
                except Exception as error:  # a reader that dies would be content with everything
                    self._fault(path, f"the reader fell over it: {error!r}")
                time.sleep(PAUSE_SECONDS)
        self._hang_up()

    def _look_at(self, path: str) -> None:
        """The page as it is; then the two ways to ask whether what one holds is still good, old and new."""
        self._ask(path)
        for held in (self._stale.get(path), self._held.get(path)):
            if held is not None:
                name, value = self._random.choice([("If-None-Match", held.etag), ("If-Modified-Since", held.modified)])
                self._ask(path, held, {name: value})

    def _ask(self, path: str, held: Page | None = None, condition: Mapping[str, str] | None = None) -> None:
        known = self._readers.facts(path)
        newest = self._held.get(path)
        response, body = self._get(path, condition or {})
        self._readers.seen[str(response.status)] += 1
        if known.silent or self._readers.facts(path).silent:
            return
        if known.gone:
            if response.status != 410:
                self._fault(path, f"{response.status} although it was taken back")
        elif response.status == 304 and held is not None and newest is not None:
            self._judge_unchanged(path, response, held, newest, known)
        elif response.status == 200:
            self._judge_page(path, response, body, known)
        elif response.status == 503:
            self._readers.away.append(f"{path}: 503")
        elif not self._readers.facts(path).gone:
            self._fault(path, f"{response.status} {condition or ''}")

    def _judge_unchanged(
        self, path: str, response: http.client.HTTPResponse, held: Page, newest: Page, known: Watched
    ) -> None:
        if held.body != newest.body:
            self._fault(
                path, f"304 for {held.etag}, of version {held.version}, after version {newest.version} was read"
            )
        if held.version < known.floor:
            self._fault(path, f"304 for version {held.version} after {known.floor} was live")
        if response.headers["ETag"] != held.etag or response.headers["Last-Modified"] != held.modified:
            self._fault(path, f"304 with other validators: {response.headers['ETag']} for {held.etag}")

    def _judge_page(self, path: str, response: http.client.HTTPResponse, sent: bytes, known: Watched) -> None:
        etag, modified = response.headers["ETag"], response.headers["Last-Modified"]
        self._judge_headers(path, response, sent)
        body = gzip.decompress(sent) if response.headers["Content-Encoding"] == "gzip" else sent
        if not body.rstrip().endswith((b"</html>", b"</feed>", b"</urlset>", b"</sitemapindex>")):
            self._fault(path, f"half a page: …{body[-60:]!r}")
        version = self._judge_version(path, body, known) if path.startswith("/rules/") else 0
        for validator in (etag, modified):
            if self._bodies.setdefault((path, validator), body) != body:
                self._fault(path, f"{validator} stands for two bodies")
        page, before = Page(etag, modified, body, version), self._held.get(path)
        if before is not None and before.body != body:
            self._stale[path] = before
            self._readers.seen["changes"] += 1
        self._held[path] = page

    def _judge_headers(self, path: str, response: http.client.HTTPResponse, sent: bytes) -> None:
        """nginx's ETag is the second of the file's time and its size."""
        second, _, size = response.headers["ETag"].removeprefix("W/").strip('"').partition("-")
        if int(size, 16) != len(sent):
            self._fault(path, f"{response.headers['ETag']} on {len(sent)} bytes")
        if int(second, 16) != int(parsedate_to_datetime(response.headers["Last-Modified"]).timestamp()):
            self._fault(path, f"{response.headers['ETag']} and {response.headers['Last-Modified']} disagree")
        if (response.headers["Content-Encoding"] or "identity") != self._encoding:
            self._fault(path, f"{response.headers['Content-Encoding']} to somebody who takes {self._encoding}")

    def _judge_version(self, path: str, body: bytes, known: Watched) -> int:
        """The version that a rule's page says it shows; 0 for a listing."""
        found = EMBEDDED.search(body)
        if found is None:
            if known.floor:
                self._fault(path, "a rule's page without its version")
            return 0
        version, sha256 = int(found[1]), found[2].decode()
        expected = self._readers.sha256_of(path, version)
        if expected not in (None, sha256):
            self._fault(path, f"version {version} with the hash of another: {sha256}")
        before = self._held.get(path)
        if before is not None and version < before.version:
            self._fault(path, f"version {version} after version {before.version}")
        if version < known.floor:
            self._fault(path, f"version {version} after {known.floor} was live")
        return version

    def _get(self, path: str, condition: Mapping[str, str]) -> tuple[http.client.HTTPResponse, bytes]:
        if self._connection is None:
            self._connection = http.client.HTTPConnection(*self._readers.address(), timeout=10)
        self._connection.request("GET", path, headers={"Accept-Encoding": self._encoding, **condition})
        response = self._connection.getresponse()
        return response, response.read()

    def _hang_up(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _fault(self, path: str, words: str) -> None:
        self._readers.faults.append(f"{path} ({self._encoding}): {words}")
