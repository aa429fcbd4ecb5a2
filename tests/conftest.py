"""Real parts for all tests; and the guard that no test is skipped without a reason."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from api.app import Parts, open_parts
from api.config import Config, read_config
from asset_files import build_assets
from tests.support.cast import OLGA, ORGANIZERS, Stage
from tests.support.postgres import PostgresServer, binaries
from tests.support.running_site import RunningSite

ROOT = Path(__file__).parent.parent
ALLOWED_SKIPS = Path(__file__).parent / "allowed-skips"
SERVICES = {"postgres", "postgres_18", "site", "fresh_site", "browser", "shared_site"}


# -- what runs --------------------------------------------------------------------------------------------------------


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A test without a service among its fixtures is a unit test; journeys start their own."""
    for item in items:
        uses = set(getattr(item, "fixturenames", ()))
        if not uses & SERVICES and "journeys" not in item.path.parts and item.get_closest_marker("slow") is None:
            item.add_marker(pytest.mark.unit)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    skipped = terminalreporter.stats.get("skipped", [])
    ran = sum(len(terminalreporter.stats.get(kind, [])) for kind in ("passed", "failed", "xfailed"))
    terminalreporter.write_line(f"ran {ran} tests, skipped {len(skipped)}")
    for report in skipped:
        terminalreporter.write_line(f"SKIPPED {report.nodeid}: {report.longrepr[2]}", yellow=True)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None or hasattr(session.config, "workerinput"):
        return
    allowed = [line.split("#")[0].strip() for line in ALLOWED_SKIPS.read_text().splitlines()]
    unlisted = [
        report.nodeid
        for report in reporter.stats.get("skipped", [])
        if not any(prefix and report.nodeid.startswith(prefix) for prefix in allowed)
    ]
    if unlisted and exitstatus == 0 and os.environ.get("CI"):
        reporter.write_line(f"these skips are not in tests/allowed-skips: {', '.join(unlisted)}", red=True)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


# -- databases --------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="session", params=[14, 18], ids=["postgres14", "postgres18"])
def postgres(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresServer]:
    """Each version that must work: what Cloudron has, and what development embeds."""
    if binaries(request.param) is None:
        pytest.skip(f"PostgreSQL {request.param} is not installed")
    server = PostgresServer(tmp_path_factory.mktemp("postgres"), request.param)
    yield server
    server.close()


@pytest.fixture(scope="session")
def postgres_18(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresServer]:
    server = PostgresServer(tmp_path_factory.mktemp("postgres"), 18)
    yield server
    server.close()


# -- the app in process -----------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def assets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site's assets, made once: fonts take seconds."""
    folder = tmp_path_factory.mktemp("assets")
    build_assets(ROOT / "site" / "theme" / "static", folder)
    return folder


@pytest.fixture
def build(tmp_path: Path, assets: Path) -> Path:
    """An empty BUILD_DIR that has its assets already."""
    folder = tmp_path / "build"
    folder.mkdir()
    shutil.copytree(assets, folder / "assets")
    return folder


@pytest.fixture
def config(postgres: PostgresServer, build: Path, tmp_path: Path) -> Config:
    return config_for(postgres.new_database(), build, tmp_path)


def config_for(database_url: str, build: Path, folder: Path, **more: str) -> Config:
    return read_config(
        {
            "CLOUDRON_POSTGRESQL_URL": database_url,
            "BUILD_DIR": str(build),
            "VAR_DIR": str(folder / "var"),
            "SESSION_SECRET": "a secret that is long enough",
            "OPERATOR_EMAILS": OLGA,
            "ORGANIZER_INQUIRY_TO": ORGANIZERS,
            **more,
        }
    )


@pytest.fixture
def parts(config: Config) -> Iterator[Parts]:
    opened = open_parts(config)
    yield opened
    opened.close()


@pytest.fixture
def stage(parts: Parts) -> Stage:
    return Stage.of(parts)


# -- the whole product ------------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def shared_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSite]:
    """One running copy for tests that leave it as they found it, rules of their own aside."""
    folder = tmp_path_factory.mktemp("site")
    running = RunningSite(folder, {"OPERATOR_EMAILS": OLGA, "ORGANIZER_INQUIRY_TO": ORGANIZERS}).start()
    yield running
    running.close()


@pytest.fixture
def fresh_site(tmp_path: Path, assets: Path) -> Iterator[RunningSite]:
    """A copy of its own, not started yet."""
    site = RunningSite(tmp_path, {"OPERATOR_EMAILS": OLGA, "ORGANIZER_INQUIRY_TO": ORGANIZERS})
    site.build.mkdir()
    shutil.copytree(assets, site.build / "assets")
    yield site
    if site.process is not None:
        site.close()
