"""The embedded PostgreSQL: as root it drops to an account that may not be able to reach the clone."""

import os
import shutil
import socket
from pathlib import Path

import pytest

from api.database import connect
from api.launcher import embedded_postgres
from api.launcher.embedded_postgres import packaged_binaries
from tests.support.postgres import PostgresServer

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can drop to another account")


@pytest.mark.slow
@as_root
def test_a_clone_that_only_root_can_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hidden = tmp_path / "hidden"
    hidden.mkdir(mode=0o700)
    package = packaged_binaries().parent
    shutil.copytree(package, hidden / package.name)
    shutil.copytree(package.with_name(f"{package.name}.libs"), hidden / f"{package.name}.libs")
    reachable = Path("/var/lib/communityrule-test") / tmp_path.name
    monkeypatch.setattr(embedded_postgres, "SHARED_BINARIES", reachable / "cache")
    monkeypatch.setattr(embedded_postgres, "SHARED_DATA", reachable / "data")
    monkeypatch.setattr("tests.support.postgres.binaries", lambda major: hidden / package.name / "pginstall")
    server = PostgresServer(hidden / "var", 18)
    try:
        assert (hidden / "var" / "data").is_symlink()
        assert str(reachable / "cache") in server._server.command[0]
        with connect(server.new_database()) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
        assert hidden.stat().st_mode & 0o777 == 0o700
        assert tmp_path.stat().st_mode & 0o077 == 0
    finally:
        server.close()
        shutil.rmtree(reachable.parent)


def test_it_has_no_tcp_port(postgres_18: PostgresServer) -> None:
    command = postgres_18._server.command
    assert "listen_addresses=" in command
    with socket.socket() as probe:
        probe.settimeout(1)
        assert probe.connect_ex(("127.0.0.1", 5432)) != 0


def test_it_writes_to_the_disk_before_it_says_so(postgres_18: PostgresServer) -> None:
    with connect(postgres_18.new_database()) as connection:
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            assert connection.execute(f"SHOW {setting}").fetchone() == ("on",)


def test_a_path_that_is_too_long_for_a_socket(tmp_path: Path) -> None:
    folder = tmp_path / ("long-" * 18) / "var"
    server = PostgresServer(folder, 18)
    try:
        with connect(server.new_database()) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
    finally:
        server.close()
