"""How the site is served: one contract, on nginx and on the development server."""

import gzip
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from api import ROOT
from api.config import read_config
from api.launcher import serving_table as table
from api.launcher.nginx_conf import nginx_conf, write_nginx_conf
from tests.support.client import Client
from tests.support.documents import small_document
from tests.support.running_site import RunningSite, free_port, wait_until


@pytest.fixture(scope="module", params=["nginx", "development server"])
def web(request: pytest.FixtureRequest, shared_site: RunningSite) -> Iterator[Client]:
    """The same tree and the same API behind either server."""
    if request.param == "nginx":
        if shutil.which("nginx", path=NGINX_PATH) is None:
            pytest.skip("nginx is not installed")
        yield shared_site.client()
        return
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "api", "development-server", "--socket", str(shared_site.var / "run" / "api.sock")],
        cwd=ROOT,
        env={**shared_site.environment, "PORT": str(port), "CLOUDRON_APP_ORIGIN": shared_site.origin},
    )
    client = Client(f"http://localhost:{port}")

    wait_until(lambda: answers(client))
    yield client
    process.terminate()
    assert process.wait(5) == 0


def answers(client: Client) -> bool:
    try:
        return client.get("/").status in (200, 503)
    except OSError:
        return False


@pytest.fixture(scope="module")
def slug(shared_site: RunningSite) -> str:
    author = shared_site.author("serving@example.org")
    return str(shared_site.publish(author, small_document("Served"))["slug"])


def expected_headers() -> dict[str, str]:
    return {name.lower(): value for name, value in table.every_answer(https=False)}


NGINX_PATH = f"{os.environ['PATH']}:/usr/sbin"

PAGES = ["/", "/rules/", "/rules/page/1/", "/templates/", "/templates/consensus/", "/learn/", "/about/", "/privacy/"]
PAGES += ["/create/plain/", "/sign-in/", "/profile/", "/licence/", "/terms/", "/accessibility/", "/how-it-works/"]


@pytest.mark.parametrize("path", PAGES)
def test_pages(web: Client, path: str, slug: str) -> None:
    answer = web.get(path)
    assert answer.status == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["cache-control"] == table.PAGE_CACHE
    assert answer.headers.items() >= expected_headers().items()


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/feed.xml", "application/atom+xml; charset=utf-8"),
        ("/sitemap.xml", "application/xml; charset=utf-8"),
        ("/sitemap-pages.xml", "application/xml; charset=utf-8"),
        ("/robots.txt", "text/plain; charset=utf-8"),
    ],
)
def test_files(web: Client, path: str, kind: str) -> None:
    answer = web.get(path)
    assert (answer.status, answer.headers["content-type"]) == (200, kind)
    assert answer.headers.items() >= expected_headers().items()


def test_a_rules_pages(web: Client, slug: str) -> None:
    for path in (f"/rules/{slug}/", f"/rules/{slug}/v/1/", f"/rules/{slug}/history/"):
        assert web.get(path).status == 200, path


def test_packed_and_plain_are_the_same_page(web: Client) -> None:
    packed, plain = web.get("/", Accept_Encoding="gzip"), web.get("/")
    assert packed.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert gzip.decompress(packed.body) == plain.body
    assert packed.headers["vary"] == plain.headers["vary"] == "Accept-Encoding"


def test_what_has_not_changed_is_not_sent_again(web: Client) -> None:
    first = web.get("/rules/")
    again = web.get("/rules/", If_None_Match=first.headers["etag"])
    assert (again.status, again.body) == (304, b"")
    assert web.get("/rules/", If_None_Match='"other"').status == 200


def test_assets_are_kept_for_ever(web: Client) -> None:
    page = web.get("/").text
    css = page.split('rel="stylesheet" href="')[1].split('"')[0]
    font = page.split('as="font"')[0].rsplit('href="', 1)[1].split('"')[0]
    for path, kind in ((css, "text/css; charset=utf-8"), (font, "font/woff2")):
        answer = web.get(path)
        assert (answer.status, answer.headers["content-type"]) == (200, kind)
        assert answer.headers["cache-control"] == table.ASSET_CACHE
        assert answer.headers.items() >= expected_headers().items()
    missing = web.get("/assets/site.000000000000.css")
    assert missing.status == 404
    assert "immutable" not in missing.headers.get("cache-control", "")


@pytest.mark.parametrize(
    "path",
    [
        *("/nope/", "/nope", "/rules/nope/", "/rules/page/99/", "/.complete", "/rules/.x", "/404.html", "/410.html"),
        *("/503.html", "/assets/", "/assets/fonts.json/x", "/rules/%2e%2e/%2e%2e/etc/passwd", "/index.html.gz/x"),
    ],
)
def test_what_is_not_there(web: Client, path: str) -> None:
    answer = web.get(path)
    assert answer.status in (400, 404), path
    if answer.status == 404:
        assert "There is no page at this address" in answer.text
        assert answer.headers["cache-control"] == table.ERROR_CACHE
        assert answer.headers.items() >= expected_headers().items()


@pytest.mark.parametrize(
    ("path", "target"),
    [
        *(("/rules", "/rules/"), ("/templates/consensus", "/templates/consensus/"), ("/index.html", "/")),
        *(
            ("/rules/index.html", "/rules/"),
            ("/login", "/sign-in/"),
            ("/blog", "/learn/"),
            ("/create/", "/create/plain/"),
        ),
        ("/blog/how-chaos-concentrates-control", "/learn/how-chaos-concentrates-control/"),
    ],
)
def test_redirects(web: Client, path: str, target: str) -> None:
    answer = web.get(path)
    assert (answer.status, answer.headers["location"]) == (301, target)
    assert answer.headers.items() >= expected_headers().items()


@pytest.mark.parametrize(
    "path", ["//evil.example/index.html", "/\\evil.example/index.html", "//evil.example", "//evil.example/.."]
)
def test_no_redirect_leads_away(web: Client, path: str) -> None:
    location = web.get(path).headers.get("location", "/")
    assert location.startswith("/")
    assert not location.startswith(("//", "/\\"))


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_pages_can_only_be_read(web: Client, method: str) -> None:
    for path in ("/", "/rules/", "/nope/"):
        answer = web.request(method, path, b"")
        assert answer.status in (404, 405), path
    assert web.request("HEAD", "/").body == b""


def test_a_tombstone_hides_everything_below(web: Client, shared_site: RunningSite) -> None:
    author = shared_site.author("gone@example.org")
    rule = shared_site.publish(author, small_document("Gone soon"))
    paths = [f"/rules/{rule['slug']}{rest}" for rest in ("/", "/v/1/", "/history/", "", "/anything/else")]
    assert web.get(paths[0]).status == 200
    assert author.send("DELETE", f"/api/rules/{rule['id']}/publication").status == 200
    for path in paths:
        answer = web.get(path)
        assert answer.status == 410, path
        assert "This rule has been taken back" in answer.text
        assert answer.headers["cache-control"] == table.ERROR_CACHE
        assert answer.headers.items() >= expected_headers().items()
    assert web.get(paths[0] + "?x=1").status == 410
    assert web.get(paths[0][:-1] + "x/").status == 404


def test_the_api_behind_it(web: Client) -> None:
    answer = web.get("/api/health")
    assert (answer.status, answer.body) == (200, b'{"ok":true,"database":"connected"}')
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers.items() >= expected_headers().items()
    assert web.get("/api/nope").json["error"]["code"] == "not_found"
    assert web.request("HEAD", "/api/health").status == 200
    big = web.request("POST", "/api/rules", b"x" * (table.API_BODY_BYTES + 10), {"Content-Type": "application/json"})
    assert (big.status, big.json["error"]["code"]) == (413, "payload_too_large")
    middling = web.request("POST", "/api/auth/magic-link/request", b"x" * 700_000, {"Content-Type": "application/json"})
    assert (middling.status, middling.json["error"]["code"]) == (413, "payload_too_large")


@contextmanager
def serve_alone(kind: str, site: RunningSite, build: Path, folder: Path) -> Iterator[Client]:
    """Either server over a tree, with no API behind it."""
    port = free_port()
    if kind == "nginx":
        if shutil.which("nginx", path=NGINX_PATH) is None:
            pytest.skip("nginx is not installed")
        config = replace(read_config(site.environment), port=port, build=build)
        command = ["nginx", "-c", str(write_nginx_conf(config, folder)), "-p", str(folder), "-e", "stderr"]
    else:
        command = [sys.executable, "-m", "api", "development-server", "--socket", str(folder / "none.sock")]
    more = {"PORT": str(port), "BUILD_DIR": str(build), "CLOUDRON_APP_ORIGIN": site.origin, "PATH": NGINX_PATH}
    process = subprocess.Popen(command, cwd=ROOT, env={**site.environment, **more}, stderr=subprocess.DEVNULL)
    client = Client(f"http://localhost:{port}")
    wait_until(lambda: answers(client))
    yield client
    process.terminate()
    process.wait(5)


both_servers = pytest.mark.parametrize("kind", ["nginx", "development server"])


@both_servers
def test_before_there_is_a_release_everything_is_a_moment_away(
    kind: str, shared_site: RunningSite, tmp_path: Path
) -> None:
    with serve_alone(kind, shared_site, tmp_path / "empty", tmp_path) as web:
        for path in ("/", "/rules/", "/nope/", "/rules/x/", "/feed.xml"):
            answer = web.get(path)
            assert answer.status == 503, path
            assert answer.headers["retry-after"] == str(table.RETRY_SECONDS)
            assert "One moment" in answer.text
            assert answer.headers.items() >= expected_headers().items()


@both_servers
def test_the_api_away(kind: str, shared_site: RunningSite, tmp_path: Path) -> None:
    with serve_alone(kind, shared_site, shared_site.build, tmp_path) as web:
        _without_api(web)


def _without_api(web_alone: Client) -> None:
    for method in ("GET", "POST", "PUT"):
        body = b"" if method != "GET" else None
        program = web_alone.request(method, "/api/rules", body, {"Accept": "*/*"})
        assert (program.status, program.json["error"]["code"]) == (503, "api_unavailable")
        person = web_alone.request(method, "/api/profile", body, {"Accept": "text/html"})
        assert (person.status, "One moment" in person.text) == (503, True)
        for answer in (program, person):
            assert answer.headers["retry-after"] == str(table.RETRY_SECONDS)
            assert answer.headers["cache-control"] == table.ERROR_CACHE
            assert answer.headers.items() >= expected_headers().items()


def test_rules_wait_until_tombstones_are_in_order(web: Client, shared_site: RunningSite, slug: str) -> None:
    ready = shared_site.build / table.READY
    ready.unlink()
    try:
        assert web.get(f"/rules/{slug}/").status == 503
        assert web.get("/").status == 200
    finally:
        ready.touch()
    assert web.get(f"/rules/{slug}/").status == 200


@pytest.mark.parametrize(
    "path", ["/%0d%0ax/index.html", "/%E6%97%A5/index.html", "/" + "x" * 300, "/%E6%97%A5", "/%ff"]
)
def test_odd_addresses(web: Client, path: str) -> None:
    answer = web.get(path)
    assert answer.status in (301, 400, 404)
    assert "\r" not in answer.headers.get("location", "")


def test_no_server_tells_its_version(web: Client) -> None:
    for path in ("/", "/api/health", "/nope/"):
        assert web.get(path).headers.get("server", "") in ("", "nginx")


def test_nginx_conf_is_made_from_the_table(shared_site: RunningSite) -> None:
    conf = (shared_site.var / "run" / "nginx.conf").read_text()
    for name, value in table.every_answer(https=False):
        assert f'add_header {name} "{value}" always;' in conf
    for redirect in table.REDIRECTS:
        assert f"return 301 {redirect.target};" in conf
    assert "set_real_ip_from" not in conf


def test_the_proxys_word_counts_only_from_the_proxy(shared_site: RunningSite) -> None:
    config = replace(read_config(shared_site.environment), proxy_ip="172.18.0.1", origin="https://communityrule.info")
    conf = nginx_conf(config, shared_site.var / "run")
    assert "set_real_ip_from 172.18.0.1;" in conf
    assert "upgrade-insecure-requests" in conf


def test_readers_are_served_while_the_api_is_away(shared_site: RunningSite, web: Client) -> None:
    api = shared_site.processes()["api"]
    subprocess.run(["kill", "-STOP", str(api)], check=True)
    try:
        started = time.monotonic()
        assert web.get("/").status == 200
        assert time.monotonic() - started < 2
    finally:
        subprocess.run(["kill", "-CONT", str(api)], check=True)
