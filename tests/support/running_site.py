"""The whole product, started as a person starts it: `python -m api serve` with folders and a port of its own."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

from api import ROOT
from tests.support.client import Answer, Client

LINK = re.compile(r"https?://\S+/api/auth/magic-link/verify\?token=\S+")
START_SECONDS = 60


class RunningSite:
    """`folder` gets `var/` and `build/`; `environment` is added to a bare one."""

    def __init__(self, folder: Path, environment: Mapping[str, str] | None = None, *, path: str | None = None) -> None:
        self.folder, self.var, self.build = folder, folder / "var", folder / "build"
        self.port = free_port()
        self.origin = f"http://localhost:{self.port}"
        self.environment = {
            "PATH": path or os.environ["PATH"],
            "HOME": os.environ.get("HOME", "/"),
            "PORT": str(self.port),
            "VAR_DIR": str(self.var),
            "BUILD_DIR": str(self.build),
            **(environment or {}),
        }
        self.log = folder / "serve.log"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> "RunningSite":
        """Start it and wait until it says that it listens; fails with its log when it ends before."""
        self.launch()
        assert self.process is not None
        deadline = time.monotonic() + START_SECONDS
        while f"listening on port {self.port}" not in self.output():
            assert self.process.poll() is None, self.output()
            assert time.monotonic() < deadline, self.output()
            time.sleep(0.02)
        return self

    def launch(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "api", "serve"], cwd=ROOT, env=self.environment, stdout=log, stderr=log
            )

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Stop it and return its exit code. A second call does nothing."""
        assert self.process is not None
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(30)

    def close(self) -> None:
        """Stop it and remove its database, which may lie elsewhere: see `embedded_postgres`."""
        self.stop()
        shutil.rmtree((self.var / "postgres").resolve(), ignore_errors=True)

    def output(self) -> str:
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def command(self, *arguments: str, patience: float = 120, **environment: str) -> "subprocess.CompletedProcess[str]":
        """`python -m api …` beside the running copy; `patience` in seconds."""
        return subprocess.run(
            [sys.executable, "-m", "api", *arguments],
            cwd=ROOT,
            env={**self.environment, **environment},
            capture_output=True,
            text=True,
            timeout=patience,
            check=False,
        )

    def client(self) -> Client:
        return Client(self.origin)

    def author(self, email: str) -> Client:
        """A client that has signed in through its mail."""
        client = self.client()
        before = self.mails()
        answer = client.send("POST", "/api/auth/magic-link/request", {"email": email})
        assert answer.json == {"ok": True}, answer
        token = self.wait_for_link(email, len(before)).split("token=")[1]
        assert client.form("/api/auth/magic-link/verify", {"token": token}).status == 303
        return client

    def mails(self) -> list[Path]:
        return sorted((self.var / "mail").glob("*.eml"))

    def wait_for_link(self, email: str, already: int) -> str:
        """The link of the first mail to this address beyond the first `already` ones."""
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            for file in self.mails()[already:]:
                message = message_from_bytes(file.read_bytes(), policy=policy.default)
                if message["To"] == email and (found := LINK.search(message.get_content())):
                    return found[0]
            time.sleep(0.02)
        raise AssertionError(f"no mail to {email}: {self.output()[-2000:]}")

    def publish(self, author: Client, document: Mapping[str, Any]) -> dict[str, Any]:
        """Publish by JSON; the rule as the API shows it."""
        answer = author.send("POST", "/api/rules", {"document": document})
        assert answer.status == 200, answer
        assert answer.json["state"] == "live", answer.json
        rule: dict[str, Any] = answer.json["rule"]
        return rule

    def read(self, path: str) -> Answer:
        return self.client().get(path)

    def processes_or_none(self) -> dict[str, int]:
        """The same, empty when nothing is noted (any more)."""
        try:
            return self.processes()
        except FileNotFoundError:
            return {}

    def processes(self) -> dict[str, int]:
        """The ids of the launcher's children by name."""
        noted = json.loads((self.var / "run" / "processes.json").read_text())
        return {name: facts["pid"] for name, facts in noted.items() if facts["pid"]}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def is_alive(pid: int) -> bool:
    """Whether a process runs; one that has ended and waits to be reaped does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def wait_until(true: Any, seconds: float = 10.0) -> None:
    """Ask until the answer is yes; fail after `seconds`."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not come true in time"
        time.sleep(0.02)
