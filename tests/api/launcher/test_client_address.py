"""Who a client is, through nginx and through the development server: what it says about itself is never believed."""

import http.client
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator

import pytest

from api import ROOT
from api.rate_limits import SIGN_INS
from tests.support.cast import OLGA
from tests.support.running_site import RunningSite, free_port, wait_until

PROXY, CLIENT, OTHER = "127.0.0.9", "127.0.0.7", "127.0.0.8"  # all of 127/8 is this machine
NGINX_PATH = f"{os.environ['PATH']}:/usr/sbin"
LIMIT = SIGN_INS[0].amount


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSite]:
    """One whose front trusts one proxy."""
    running = RunningSite(tmp_path_factory.mktemp("proxied"), {"OPERATOR_EMAILS": OLGA, "CLOUDRON_PROXY_IP": PROXY})
    yield running.start()
    running.close()


def ask(port: int, source: str, **headers: str) -> int:
    """One try that is counted by the client's address; its status."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=15, source_address=(source, 0))
    sent = {"Content-Type": "application/json", **{name.replace("_", "-"): value for name, value in headers.items()}}
    try:
        connection.request("POST", "/api/auth/magic-link/verify", json.dumps({"token": "x"}), sent)
        return connection.getresponse().status
    finally:
        connection.close()


def spoofs(number: int) -> dict[str, str]:
    address = f"198.51.100.{number}"
    return {
        "X_Forwarded_For": f"{address}, {address}",
        "X_Real_IP": address,
        "Forwarded": f"for={address}",
        "X_Forwarded_By": address,
        "True_Client_IP": address,
        "CF_Connecting_IP": address,
    }


def test_spoofing_through_nginx_opens_no_new_count(site: RunningSite) -> None:
    if shutil.which("nginx", path=NGINX_PATH) is None:
        pytest.skip("nginx is not installed")
    assert [ask(site.port, CLIENT, **spoofs(number)) for number in range(LIMIT)] == [400] * LIMIT
    assert ask(site.port, CLIENT, **spoofs(200)) == 429
    assert ask(site.port, OTHER) == 400  # another client, by its own address
    assert ask(site.port, OTHER, X_Forwarded_For=CLIENT) == 400  # nobody can use up another's count either

    # The trusted proxy speaks for its clients: the last address is the one that it has seen.
    assert ask(site.port, PROXY, X_Forwarded_For=CLIENT) == 429
    assert ask(site.port, PROXY, X_Forwarded_For="203.0.113.1") == 400
    for number in range(LIMIT):
        assert ask(site.port, PROXY, X_Forwarded_For=f"198.51.100.{number}, 203.0.113.2") == 400
    assert ask(site.port, PROXY, X_Forwarded_For="198.51.100.250, 203.0.113.2") == 429
    # One household is one client, however many addresses it has.
    for number in range(LIMIT):
        assert ask(site.port, PROXY, X_Forwarded_For=f"2001:db8:1:2::{number:x}") == 400
    assert ask(site.port, PROXY, X_Forwarded_For="2001:db8:1:2:ffff::1") == 429
    assert ask(site.port, PROXY, X_Forwarded_For="2001:db8:1:3::1") == 400


def test_spoofing_through_the_development_server_opens_no_new_count(site: RunningSite) -> None:
    port = free_port()
    command = [sys.executable, "-m", "api", "development-server", "--socket", str(site.var / "run" / "api.sock")]
    process = subprocess.Popen(command, cwd=ROOT, env={**site.environment, "PORT": str(port)})

    def listens() -> bool:
        try:
            return ask(port, "127.0.0.4") == 400
        except OSError:
            return False

    wait_until(listens)
    assert [ask(port, "127.0.0.5", **spoofs(number)) for number in range(LIMIT)] == [400] * LIMIT
    assert ask(port, "127.0.0.5", **spoofs(200)) == 429
    assert ask(port, "127.0.0.6", X_Forwarded_For="127.0.0.5") == 400
    process.terminate()
    assert process.wait(5) == 0
