"""HTTP for benches: a fresh connection for each request, and as little of Python's time as can be."""

import http.client
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.support.client import Client
from tests.support.documents import full_document

GIVE_UP_SECONDS = 10


@dataclass(frozen=True, slots=True)
class Published:
    """`milliseconds` from before the request until the rule's page, `/rules/` and `/` were read with the new hash;
    `answered` until the API's answer."""

    milliseconds: float
    answered: float
    live: bool


def publish(port: int, author: Client, document: Mapping[str, Any], *, read: bool = True) -> Published:
    body = json.dumps({"document": document}).encode()
    cookies = "; ".join(f"{name}={value}" for name, value in author.cookies.items())
    headers = {"Content-Type": "application/json", "Cookie": cookies}
    started = time.perf_counter()
    answer = json.loads(exchange(port, "POST", "/api/rules", body, headers))
    answered = time.perf_counter()
    if read:
        _read_everywhere(port, answer["rule"], started)
    ended = time.perf_counter()
    return Published((ended - started) * 1000, (answered - started) * 1000, answer["state"] == "live")


def _read_everywhere(port: int, rule: Mapping[str, str], started: float) -> None:
    pages = {f"/rules/{rule['slug']}/": rule["sha256"], "/rules/": rule["sha256"][:12], "/": rule["sha256"][:12]}
    for path, sha256 in pages.items():
        while sha256.encode() not in exchange(port, "GET", path):
            if time.perf_counter() - started > GIVE_UP_SECONDS:
                raise RuntimeError(f"{path} does not show {rule['title']}")


def exchange(
    port: int, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
) -> bytes:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request(method, path, body, dict(headers or {}))
        return connection.getresponse().read()
    finally:
        connection.close()


def document_for(name: str) -> dict[str, Any]:
    """The full rule of DESIGN 6.2: 25 KB and more, eight methods, five values, every facet; and a template."""
    return {**full_document(name), "template": "consensus"}
