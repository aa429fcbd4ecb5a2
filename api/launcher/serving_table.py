"""How the site is served: one table of addresses, headers, redirects and error pages.

`nginx_conf` writes nginx's configuration from it; `development_server` follows it where there is no nginx.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from rulepages.uploads import FOLDER

API = "/api/"
ASSETS = "/assets/"
UPLOADS = FOLDER  # from disk, so that pictures are there while the API is not
NEW_UPLOAD = UPLOADS.rstrip("/")  # the API's own, like all others below /api/

# Header values by the kind of place that an answer comes from.
PAGE_CACHE = "public, max-age=0, must-revalidate"
ASSET_CACHE = "public, max-age=31536000, immutable"
ERROR_CACHE = "no-store"
RETRY_SECONDS = 2  # what a 503 tells the reader's browser or a crawler

TYPES = {
    ".css": "text/css",
    ".csv": "text/csv",
    ".html": "text/html",
    ".js": "text/javascript",
    ".json": "application/json",
    ".md": "text/markdown",
    ".svg": "image/svg+xml",
    ".txt": "text/plain",
    ".woff2": "font/woff2",
    ".xml": "application/xml",
}
FEED_TYPE = "application/atom+xml"  # of every feed.xml
TEXT_TYPES = tuple(kind for kind in (*TYPES.values(), FEED_TYPE) if not kind.startswith("font/"))

# What has no twin in the tree, and what the API answers, is packed on its way; HTML always is.
PACKED_TYPES = tuple(TYPES[suffix] for suffix in (".csv", ".json", ".md"))

# Everything below /rules/<slug>/ is hidden while build/gone/<slug> exists; below v/<n>/ and compare/<n>/ also while
# build/gone/<slug>.v.<n> and <slug>.compare.<n> do.
TOMBSTONE = r"^/rules/(?P<slug>[a-z0-9-]+)(?:/(?P<part>v|compare)/(?P<number>[0-9]+))?(?:/|$)"
RULE_FEED = r"^/rules/(?P<slug>[a-z0-9-]+)/feed\.xml$"
# Names that start with a dot are the tree's own: `.complete`, files on their way in.
HIDDEN = r"/\."
# No reader sees a release that is not whole; until there is one, every page is a 503.
WHOLE = ".complete"
# Rules are served only once tombstones are known to be in order after a start: build/.ready exists.
READY = ".ready"

ERROR_PAGES = {404: "404.html", 410: "410.html", 503: "503.html"}
# Told when there is no 503.html yet, because nothing was built yet.
STARTING = (
    '<!doctype html><html lang="en"><meta charset="utf-8"><title>One moment · CommunityRule</title>'
    "<h1>One moment</h1><p>CommunityRule is being started. Please try again in a few seconds.</p></html>\n"
)
API_AWAY = (
    '{"error":{"code":"api_unavailable","message":"The service is being restarted. Please try again in a moment."}}'
)
API_TOO_LARGE = '{"error":{"code":"payload_too_large","message":"The body is too large."}}'
API_BODY_BYTES = 2 * 1024 * 1024  # the API itself takes less and says so in its own words
UPLOAD_BODY_BYTES = 12 * 1024 * 1024
API_SECONDS = 30

# What people have uploaded is inert: a browser that opens it alone runs nothing and asks for nothing.
UPLOAD_NAMES = {"webp": "image/webp", "pdf": "application/pdf"}
# With one of those endings. A dollar alone would also match before a line end.
UPLOAD_NAME = r"^/api/uploads/(?P<upload>[0-9a-f]{64}\.%s)$(?!\n)"
UPLOAD_POLICY = "default-src 'none'; sandbox"
NO_UPLOAD = '{"error":{"code":"not_found","message":"There is no such picture or file."}}'
NO_METHOD = '{"error":{"code":"method_not_allowed","message":"This address does not take that method."}}'


@dataclass(frozen=True, slots=True)
class Redirect:
    """A permanent one, for an address that matches `pattern`; `$1` in `target` is its first group."""

    pattern: str
    target: str


REDIRECTS = (
    Redirect(r"^((?:/[^/?\\]+)*/)index\.html$", "$1"),  # never `//host/`, which would lead to another site
    Redirect(r"^/login/?$", "/sign-in/"),
    Redirect(r"^/blog/?$", "/learn/"),
    Redirect(r"^/blog/([a-z0-9-]+)/?$", "/learn/$1/"),
    Redirect(r"^/create/?$", "/create/plain/"),
)


def every_answer(*, https: bool) -> tuple[tuple[str, str], ...]:
    """The headers of every answer, whatever its status and whoever makes it."""
    return (
        ("Content-Security-Policy", _content_security_policy(https=https)),
        ("X-Content-Type-Options", "nosniff"),
        ("Referrer-Policy", "strict-origin-when-cross-origin"),
        ("Cross-Origin-Opener-Policy", "same-origin"),
        ("Cross-Origin-Resource-Policy", "same-origin"),
        ("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
    )


def upload_headers(kind: str, *, https: bool) -> Mapping[str, str]:
    """Of an upload with that ending. A PDF is a program to some of its readers: it is saved, never shown here."""
    headers = {
        **dict(every_answer(https=https)),
        "Content-Security-Policy": UPLOAD_POLICY,
        "Cache-Control": ASSET_CACHE,
    }
    return {**headers, "Content-Disposition": "attachment"} if kind == "pdf" else headers


def redirect_of(path: str) -> str | None:
    """Where a path leads; the development server's half of what nginx does with the same patterns."""
    for redirect in REDIRECTS:
        if match := re.search(redirect.pattern, path):
            return redirect.target.replace("$1", match[1] if match.groups() else "")
    return None


def _content_security_policy(*, https: bool) -> str:
    """Everything from here, nothing inline, no script that makes HTML out of text."""
    rules = [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types 'none'",
    ]
    return "; ".join([*rules, "upgrade-insecure-requests"] if https else rules)
