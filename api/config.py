"""The only reader of environment variables. Read once, typed; a wrong value fails by the variable's name.

Nothing here is needed to boot: a route that needs a missing value answers `server_misconfigured`.
"""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from api import ROOT
from api.errors import CannotStart

SESSION_SECRET_LENGTH = 16  # characters, at least


@dataclass(frozen=True, slots=True)
class Smtp:
    """Cloudron's sendmail addon: plain SMTP inside the private network, never STARTTLS on this port."""

    host: str
    port: int
    username: str
    password: str


@dataclass(frozen=True, slots=True)
class Config:
    """`database_url` is empty where the launcher is to start an embedded PostgreSQL. `session_secret` may be empty;
    `uploads` is None where no place for them is set."""

    cloudron: bool
    database_url: str
    smtp: Smtp | None
    smtp_from: str
    origin: str
    public_origin: str
    session_secret: str
    operator_emails: frozenset[str]
    server_drafts: bool
    organizer_inquiry_to: str
    proxy_ip: str
    rate_limit_url: str
    seed_data: Path
    build: Path
    uploads: Path | None
    var: Path
    bind: str
    port: int


def inherited_environment() -> dict[str, str]:
    """What the launcher hands on to its children."""
    return dict(os.environ)


def read_config(environ: Mapping[str, str] = os.environ) -> Config:
    """Every setting. Raises CannotStart naming the variable whose value cannot be used."""
    port = _port(environ, "PORT", 3000)
    var = _folder(environ, "VAR_DIR", ROOT / "var")
    return Config(
        cloudron=bool(_text(environ, "CLOUDRON")),
        database_url=_text(environ, "CLOUDRON_POSTGRESQL_URL"),
        smtp=_smtp(environ),
        smtp_from=_text(environ, "SMTP_FROM"),
        origin=_origin(environ, "CLOUDRON_APP_ORIGIN", f"http://localhost:{port}"),
        public_origin=_origin(environ, "PUBLIC_ORIGIN", "https://communityrule.info"),
        session_secret=_session_secret(environ),
        operator_emails=frozenset(_emails(_text(environ, "OPERATOR_EMAILS"))),
        server_drafts=_text(environ, "NEXT_PUBLIC_ENABLE_BACKEND_SYNC").lower() != "false",
        organizer_inquiry_to=_inbox(environ, "ORGANIZER_INQUIRY_TO"),
        proxy_ip=_text(environ, "CLOUDRON_PROXY_IP"),
        rate_limit_url=_rate_limit_url(environ, "RATE_LIMIT_URL"),
        seed_data=_folder(environ, "SEED_DATA_DIR", ROOT / "seed_data"),
        build=_folder(environ, "BUILD_DIR", ROOT / "build"),
        uploads=_uploads(environ, var),
        var=var,
        bind=_text(environ, "BIND") or "127.0.0.1",
        port=port,
    )


def is_long_enough(secret: str) -> bool:
    return len(secret) >= SESSION_SECRET_LENGTH


def _text(environ: Mapping[str, str], name: str) -> str:
    return environ.get(name, "").strip()


def _folder(environ: Mapping[str, str], name: str, default: Path) -> Path:
    value = _text(environ, name)
    return Path(value).resolve() if value else default


def _uploads(environ: Mapping[str, str], var: Path) -> Path | None:
    """On Cloudron they belong on the volume that is backed up, which only the operator can name."""
    if _text(environ, "CLOUDRON") and not _text(environ, "UPLOAD_ROOT"):
        return None
    return _folder(environ, "UPLOAD_ROOT", var / "uploads")


def _port(environ: Mapping[str, str], name: str, default: int) -> int:
    value = _text(environ, name) or str(default)
    if not value.isdecimal() or not 0 < int(value) < 65536:
        raise CannotStart(f"{name} is {value!r}: give a port number from 1 to 65535.")
    return int(value)


def _origin(environ: Mapping[str, str], name: str, default: str) -> str:
    value = (_text(environ, name) or default).rstrip("/")
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.netloc or parts.path or parts.query or parts.fragment:
        raise CannotStart(f"{name} is {value!r}: give an origin such as https://communityrule.info.")
    return value


def _session_secret(environ: Mapping[str, str]) -> str:
    """A secret that is too short counts as missing: sign-in says so, everything else works."""
    value = _text(environ, "SESSION_SECRET")
    return value if is_long_enough(value) else ""


def _smtp(environ: Mapping[str, str]) -> Smtp | None:
    host = _text(environ, "CLOUDRON_MAIL_SMTP_SERVER")
    if not host or not _text(environ, "CLOUDRON_MAIL_SMTP_PORT"):
        return None
    return Smtp(
        host=host,
        port=_port(environ, "CLOUDRON_MAIL_SMTP_PORT", 0),
        username=_text(environ, "CLOUDRON_MAIL_SMTP_USERNAME"),
        password=environ.get("CLOUDRON_MAIL_SMTP_PASSWORD", ""),
    )


def _inbox(environ: Mapping[str, str], name: str) -> str:
    value = _text(environ, name)
    if value and not re.fullmatch(r"[^\s@<>,;]+@[^\s@<>,;]+", value):
        raise CannotStart(f"{name} is {value!r}: give one email address.")
    return value


def _rate_limit_url(environ: Mapping[str, str], name: str) -> str:
    """Redis and Valkey speak the same language; the client knows it by the older name. It may hold a password."""
    value = _text(environ, name)
    scheme, _, rest = value.partition("://")
    if value and (scheme not in ("redis", "rediss", "valkey", "valkeys") or not rest):
        raise CannotStart(f"{name} cannot be used: give an address such as redis://localhost:6379 or valkey://….")
    return value.replace("valkey", "redis", 1) if scheme.startswith("valkey") else value


def _emails(value: str) -> list[str]:
    return [email.lower() for email in re.split(r"[,\s]+", value) if email]
