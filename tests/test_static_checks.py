"""What `scripts/check` tells without a test: format, lint, types, imports, shell."""

import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.mark.slow
def test_static_checks() -> None:
    result = subprocess.run(
        [ROOT / "scripts" / "check", "static"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stdout + result.stderr
