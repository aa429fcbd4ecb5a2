"""How uploads are served: inert, from disk, and nothing else from there; on nginx and on the development server."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from api import ROOT
from api.config import read_config
from api.launcher import serving_table as table
from api.launcher.nginx_conf import nginx_conf
from tests.support.client import Answer, Client
from tests.support.running_site import RunningSite, free_port, wait_until
from tests.support.uploads import ATTACHMENT, HEADERS, MEBIBYTE, PDF, PHOTO, form, jpeg, png


@pytest.fixture(scope="module", params=["nginx", "development server"])
def web(request: pytest.FixtureRequest, shared_site: RunningSite) -> Iterator[Client]:
    """A signed-in author behind either server."""
    author = shared_site.author("uploads@example.org")
    if request.param == "nginx":
        if shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin") is None:
            pytest.skip("nginx is not installed")
        yield author
        return
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "api", "development-server", "--socket", str(shared_site.var / "run" / "api.sock")],
        cwd=ROOT,
        env={**shared_site.environment, "PORT": str(port), "CLOUDRON_APP_ORIGIN": shared_site.origin},
    )
    client = Client(f"http://localhost:{port}")
    client.cookies = author.cookies
    wait_until(lambda: _answers(client))
    yield client
    process.terminate()
    assert process.wait(5) == 0


def _answers(client: Client) -> bool:
    try:
        return client.get("/").status == 200
    except OSError:
        return False


@pytest.fixture
def folder(shared_site: RunningSite) -> Path:
    return shared_site.var / "uploads"


def upload(web: Client, content: bytes, purpose: str = PHOTO) -> str:
    answer = web.request("POST", "/api/uploads", form(content, purpose), HEADERS)
    assert answer.status == 200, answer.text
    return str(answer.json["url"])


def is_inert(answer: Answer) -> bool:
    return (
        answer.headers["content-security-policy"] == "default-src 'none'; sandbox"
        and answer.headers["x-content-type-options"] == "nosniff"
        and answer.headers["cross-origin-resource-policy"] == "same-origin"
    )


def test_a_picture_is_shown(web: Client, folder: Path) -> None:
    address = upload(web, jpeg())
    answer = web.get(address)
    assert answer.status == 200
    assert answer.body == (folder / address.rpartition("/")[2]).read_bytes()
    assert answer.headers["content-type"] == "image/webp"
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert "content-disposition" not in answer.headers
    assert is_inert(answer)
    assert web.request("HEAD", address).body == b""
    assert "content-encoding" not in web.get(address, Accept_Encoding="gzip").headers


def test_a_pdf_is_saved(web: Client) -> None:
    answer = web.get(upload(web, PDF, ATTACHMENT))
    assert (answer.status, answer.body, answer.headers["content-type"]) == (200, PDF, "application/pdf")
    assert answer.headers["content-disposition"] == "attachment"
    assert is_inert(answer)


def test_nothing_else_can_be_reached(web: Client, folder: Path, shared_site: RunningSite) -> None:
    name = upload(web, png()).rpartition("/")[2]
    secret, link, below = folder / "secret.txt", folder / f"{'a' * 64}.webp", folder / f"{'b' * 64}.webp"
    secret.write_text("secret")
    if not link.is_symlink():
        link.symlink_to(secret)
        below.mkdir()
        (folder / ".half").write_text("secret")
        (folder / f"{name}.gz").write_text("secret")
    names = ["", ".", "..", "secret.txt", ".half", link.name, below.name, f"{below.name}/", f"{name}.gz", f"{name}/"]
    names += [
        name.upper(),
        name.replace("webp", "pdf"),
        name.replace("webp", "html"),
        f"{'0' * 64}.webp",
        f"%2e/{name}x",
    ]
    names += ["..%2fsession-secret", "%2e%2e/session-secret", f"{name}%00", f"{name}%0a", f"x/{name}", f"{name};.html"]
    for odd in names:
        answer = web.get(f"/api/uploads/{odd}")
        assert answer.status in ((301, 404) if odd == below.name else (400, 404)), odd
        assert b"secret" not in answer.body, odd
        assert answer.status == 301 or "immutable" not in answer.headers.get("cache-control", ""), odd
        if answer.status == 404 and answer.headers["content-type"].startswith("application/json"):
            assert answer.json["error"]["code"] == "not_found"
            assert answer.headers["cache-control"] == "no-store"
    assert web.get(f"/api/uploads/{name}").status == 200


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_they_can_only_be_read(web: Client, method: str) -> None:
    address = upload(web, png())
    answer = web.request(method, address, b"", {"Sec-Fetch-Site": "same-origin"})
    assert (answer.status, answer.json["error"]["code"]) == (405, "method_not_allowed")
    assert web.get(address).status == 200


def test_only_uploads_may_be_large(web: Client) -> None:
    taken = web.request("POST", "/api/uploads", form(PDF[:-6] + bytes(9 * MEBIBYTE) + PDF[-6:], ATTACHMENT), HEADERS)
    assert (taken.status, taken.json["byteLength"]) == (200, 9 * MEBIBYTE + len(PDF))
    refused = web.request("POST", "/api/uploads", form(bytes(13 * MEBIBYTE), ATTACHMENT), HEADERS)
    assert (refused.status, refused.json["error"]["code"]) == (413, "payload_too_large")
    for path in ("/api/rules", "/api/uploads/", "/api/create/plain"):
        answer = web.request("POST", path, bytes(3 * MEBIBYTE), {"Content-Type": "application/json"})
        assert answer.status in (404, 413), path


def test_pictures_stay_while_the_api_is_away(web: Client, shared_site: RunningSite) -> None:
    address = upload(web, jpeg((50, 50)))
    api = shared_site.processes()["api"]
    os.kill(api, signal.SIGSTOP)
    try:
        assert web.get(address).status == 200
    finally:
        os.kill(api, signal.SIGCONT)


def test_without_a_place_for_them_the_api_is_asked(shared_site: RunningSite) -> None:
    config = read_config(shared_site.environment)
    assert "location ^~ /api/uploads/" in nginx_conf(config, shared_site.var / "run")
    assert "/api/uploads/" not in nginx_conf(replace(config, uploads=None), shared_site.var / "run")


def test_what_is_opened_alone_runs_nothing() -> None:
    """In every kind's headers, whatever the rest of the site may do."""
    for kind in table.UPLOAD_NAMES:
        assert table.upload_headers(kind, https=True)["Content-Security-Policy"] == table.UPLOAD_POLICY
