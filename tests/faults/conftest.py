"""Short and long form of the proofs; and how chance is made to happen again."""

import random
import secrets
from collections.abc import Callable
from pathlib import Path

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--long", action="store_true", help="the proofs with larger numbers")
    parser.addoption("--seed", type=int, help="repeat the choices of a run that failed, which told its seed")


@pytest.fixture(scope="session")
def is_long(pytestconfig: pytest.Config) -> bool:
    return bool(pytestconfig.getoption("--long", default=False))


@pytest.fixture(scope="session")
def times(is_long: bool) -> Callable[[int, int], int]:
    """`times(short, long)`: how often something is tried in the form that runs."""
    return lambda short, long: long if is_long else short


@pytest.fixture
def chance(pytestconfig: pytest.Config) -> random.Random:
    """Choices that a failed test's output lets one repeat."""
    seed = pytestconfig.getoption("--seed", default=None)
    seed = secrets.randbelow(1_000_000) if seed is None else seed
    print(f"chance: --seed {seed}")  # noqa: T201 - shown with a failure only
    return random.Random(seed)


@pytest.fixture
def workshop(tmp_path: Path) -> Path:
    """A folder for what a test makes beside the site's own."""
    folder = tmp_path / "workshop"
    folder.mkdir()
    return folder
