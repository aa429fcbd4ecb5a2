"""The launcher: starts everything, keeps it running, stops it in order.

nginx ends → all ends. PostgreSQL, API or a worker ends → it is started again; five times in a minute → all ends. Stop
order: nginx, API, workers, PostgreSQL. As PID 1 it reaps whatever ends.
"""

import json
import os
import secrets
import select
import shutil
import signal
import socket
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

from api import ROOT
from api.config import Config, is_long_enough
from api.database import OperationalError, connect, migrate
from api.errors import CannotStart
from api.launcher import embedded_postgres
from api.launcher.nginx_conf import write_nginx_conf
from api.launcher.processes import Process, RestartPolicy, reap
from api.launcher.serving_table import READY
from api.pages.tree import FileLock

POSTGRES_SECONDS = 30.0
STOP_SECONDS = {"web": 1.5, "api": 5.0, "pages": 4.0, "pages successor": 4.0, "errands": 4.0, "postgres": 3.0}
STOP_TOGETHER_SECONDS = 5.5
SUCCESSOR = "pages successor"
SHORT_PATH = 80  # bytes; the API's socket must fit into 107 with its name


class Launcher:
    def __init__(self, config: Config, environ: Mapping[str, str], seed: Callable[[Config], None]) -> None:
        self._config, self._seed = config, seed
        self._environment = dict(environ)
        self._run = run_folder(config)
        self._processes: dict[str, Process] = {}
        self._policy = RestartPolicy()
        self._stopping: int | None = None
        self._wake, self._waker = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self._wants_successor = False

    # -- life ---------------------------------------------------------------------------------------------------------

    def run(self) -> int:
        """Until told to stop (0), or until something essential has failed (1). CannotStart says what to mend."""
        check_port(self._config)
        self._config.var.mkdir(parents=True, exist_ok=True)
        lock = FileLock(self._config.var / ".lock")
        if not lock.try_take():
            raise CannotStart(f"another copy runs with VAR_DIR {self._config.var}: stop it, or set another VAR_DIR.")
        self._run.mkdir(parents=True, exist_ok=True)
        (self._config.build / READY).unlink(missing_ok=True)
        self._catch_signals()
        try:
            code = self._start()
            while code is None:
                code = self._watch_once(5.0)
        finally:
            self._stop_all()
            (self._run / "processes.json").unlink(missing_ok=True)
            (self._run / "database-url").unlink(missing_ok=True)
        return code

    def _start(self) -> int | None:
        """Everything, in order; an exit code when it ended before readers could be served."""
        self._prepare_environment()
        if not self._config.database_url and not self._config.cloudron:
            self._start_postgres()
        if self._config.database_url and self._stopping is None:
            migrate(self._config.database_url, say)
            if not self._config.cloudron:
                self._seed(self._config)
        if self._stopping is not None:
            return 0
        self._add("api", self._own("serve-api", "--socket", str(self._socket)))
        ready, tell = os.pipe2(os.O_CLOEXEC)
        self._add("pages", self._pages_worker("--ready", str(tell)), options={"pass_fds": [tell]})
        self._add("errands", self._own("errands-worker"))
        for name in ("pages", "api", "errands"):
            self._processes[name].start()
        self._note()
        # On Cloudron the platform's monitor wants an answer while the site is built; elsewhere the first page is whole.
        if not self._config.cloudron and (code := self._wait(lambda: _is_readable(ready))) is not None:
            return code
        self._add_web()
        self._processes["web"].start()
        self._note()
        if (code := self._wait(self._answers)) is not None:
            return code
        say(f"listening on port {self._config.port} ({self._config.origin})")
        return None

    def _wait(self, ready: Callable[[], bool]) -> int | None:
        """Watch until it is ready; an exit code when it is time to end before that."""
        while not ready():
            if (code := self._watch_once(0.05)) is not None:
                return code
        return None

    def _watch_once(self, seconds: float) -> int | None:
        """Sleep until something happens, and see to it; the exit code when it is time to end."""
        if self._stopping is not None:
            return 0
        waiting = [p.start_at for p in self._processes.values() if p.start_at is not None]
        pause = min([seconds, *(max(0.0, moment - time.monotonic()) for moment in waiting)])
        select.select([self._wake], [], [], pause)
        with suppress(BlockingIOError):
            os.read(self._wake, 4096)
        if self._stopping is not None:
            return 0
        for pid, status in reap().items():
            if not self._mourn(pid, status):
                return 1
        self._start_due()
        return None

    def _mourn(self, pid: int, status: int) -> bool:
        """See to a child that has ended; False when everything must end."""
        process = next((p for p in self._processes.values() if p.pid == pid), None)
        if process is None:
            return True
        process.sweep()
        if process.name == SUCCESSOR:
            del self._processes[SUCCESSOR]
        elif process.name == "pages" and status == 0 and SUCCESSOR in self._processes:
            self._promote_successor()
        elif process.name == "web":
            say(f"the web server ended (exit code {status}); stopping everything.")
            return False
        elif not self._policy.plan(process):
            say(f"{process.name} ended five times in a minute (exit code {status}); stopping everything.")
            return False
        else:
            say(f"{process.name} ended (exit code {status}); starting it again.")
        self._note()
        return True

    def _promote_successor(self) -> None:
        """The old generation has retired: its successor is the pages worker now."""
        successor = self._processes.pop(SUCCESSOR)
        pages = self._processes["pages"]
        pages.pid, successor.pid = successor.pid, None

    def _start_due(self) -> None:
        now = time.monotonic()
        for process in list(self._processes.values()):
            if process.start_at is not None and process.start_at <= now:
                process.start()
                self._note()
        if self._wants_successor:
            self._wants_successor = False
            if SUCCESSOR not in self._processes:
                self._add(SUCCESSOR, self._pages_worker("--successor"))
                self._processes[SUCCESSOR].start()
                self._note()

    def _stop_all(self) -> None:
        """In order, each with its own patience; what does not end in time is killed."""
        end = time.monotonic() + STOP_TOGETHER_SECONDS
        self._stop(["web"], end)
        self._stop(["api"], end)
        self._stop(["pages", SUCCESSOR, "errands"], end)
        self._stop(["postgres"], end)

    def _stop(self, names: Iterable[str], end: float) -> None:
        running = [p for name in names if (p := self._processes.get(name)) and p.pid is not None]
        for process in running:
            process.signal(process.stop_signal)
        patience = min(end, time.monotonic() + max((STOP_SECONDS[p.name] for p in running), default=0.0))
        while running := self._still(running):
            if time.monotonic() > patience:
                for process in running:
                    say(f"{process.name} did not end in time and is killed.")
                    process.kill_group()
                patience = float("inf")
            time.sleep(0.01)

    def _still(self, processes: list[Process]) -> list[Process]:
        ended = reap()
        for process in self._processes.values():
            if process.pid in ended:
                process.sweep()
        return [process for process in processes if process.pid is not None]

    # -- parts --------------------------------------------------------------------------------------------------------

    def _prepare_environment(self) -> None:
        """What the children are told beyond our own environment."""
        if not self._config.cloudron and not self._config.session_secret:
            self._tell("SESSION_SECRET", _kept_secret(self._config.var))
        self._tell("PYTHONUNBUFFERED", "1")

    def _tell(self, name: str, value: str) -> None:
        self._environment[name] = value

    def _start_postgres(self) -> None:
        data = self._config.var / "postgres"
        say(f"starting the embedded PostgreSQL in {data}")
        server = embedded_postgres.prepare(data, embedded_postgres.packaged_binaries())
        log = (self._config.var / "postgres.log").open("ab")
        options = {"stdout": log, "stderr": log, "cwd": "/", **server.as_account()}
        environment = embedded_postgres.ENVIRONMENT
        process = Process("postgres", server.command, environment, signal.SIGINT, options)
        self._processes["postgres"] = process
        process.start()
        self._config = replace(self._config, database_url=server.url)
        self._tell("CLOUDRON_POSTGRESQL_URL", server.url)
        (self._run / "database-url").write_text(server.url)
        self._wait_for_postgres(process)

    def _wait_for_postgres(self, process: Process) -> None:
        deadline = time.monotonic() + POSTGRES_SECONDS
        while self._stopping is None:
            with suppress(OperationalError):
                connect(self._config.database_url).close()
                return
            if process.pid in reap():
                process.pid = None
            if process.pid is None or time.monotonic() > deadline:
                log = self._config.var / "postgres.log"
                raise CannotStart(f"the embedded PostgreSQL did not start; the end of {log} says why.")
            time.sleep(0.02)

    @property
    def _socket(self) -> Path:
        return self._run / "api.sock"

    def _own(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "api", *arguments]

    def _pages_worker(self, *arguments: str) -> list[str]:
        return self._own("pages-worker", "--launcher", str(os.getpid()), *arguments)

    def _add(
        self,
        name: str,
        command: list[str],
        *,
        stop_signal: int = signal.SIGTERM,
        options: Mapping[str, Any] | None = None,
    ) -> None:
        self._processes[name] = Process(name, command, self._environment, stop_signal, {"cwd": ROOT, **(options or {})})

    def _add_web(self) -> None:
        nginx = shutil.which("nginx", path=self._environment.get("PATH", os.defpath) + ":/usr/sbin")
        if nginx is None:
            say("nginx is not installed: the development server serves the site, without its speed.")
            self._add("web", self._own("development-server", "--socket", str(self._socket)))
            return
        conf = write_nginx_conf(self._config, self._run)
        command = [nginx, "-c", str(conf), "-p", str(self._run), "-e", "stderr"]
        self._add("web", command, stop_signal=signal.SIGQUIT)

    def _answers(self) -> bool:
        """Whether the API and the web server take requests."""
        host = "127.0.0.1" if self._config.bind in ("0.0.0.0", "::") else self._config.bind  # noqa: S104
        with suppress(OSError):
            with socket.socket(socket.AF_UNIX) as api:
                api.connect(str(self._socket))
            socket.create_connection((host, self._config.port), timeout=1).close()
            return True
        return False

    def _note(self) -> None:
        """What `status` shows of the processes."""
        facts = {
            name: {
                "state": "running" if process.pid else "waiting to be started again",
                "pid": process.pid,
                "restarts": len(process.restarts),
            }
            for name, process in self._processes.items()
        }
        file = self._run / "processes.json"
        aside = file.with_suffix(".new")
        aside.write_text(json.dumps(facts))
        os.replace(aside, file)

    def _catch_signals(self) -> None:
        signal.set_wakeup_fd(self._waker, warn_on_full_buffer=False)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._on_stop)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.signal(signal.SIGUSR1, self._on_successor)

    def _on_stop(self, number: int, _: Any) -> None:
        self._stopping = number

    def _on_successor(self, *_: Any) -> None:
        self._wants_successor = True


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def run_folder(config: Config) -> Path:
    """Where sockets and notes of the running copy lie: in VAR_DIR, unless its path is too long for a socket."""
    folder = config.var / "run"
    if len(os.fsencode(folder)) <= SHORT_PATH:
        return folder
    return Path(tempfile.gettempdir()) / f"communityrule-{os.geteuid()}-{sha256(os.fsencode(folder)).hexdigest()[:12]}"


def running_database_url(config: Config) -> str:
    """The configured database, or the embedded one of the copy that runs with this VAR_DIR. CannotStart without."""
    if config.database_url:
        return config.database_url
    try:
        return (run_folder(config) / "database-url").read_text()
    except FileNotFoundError:
        raise CannotStart("no database: start scripts/serve first, or set CLOUDRON_POSTGRESQL_URL.") from None


def running_processes(config: Config) -> dict[str, Any] | None:
    """What the launcher of this VAR_DIR says of its processes; None when none runs."""
    try:
        facts: dict[str, Any] = json.loads((run_folder(config) / "processes.json").read_text())
    except FileNotFoundError:
        return None
    return facts


def check_port(config: Config) -> None:
    """CannotStart when somebody listens there already, or when this account may not."""
    family = socket.AF_INET6 if ":" in config.bind else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((config.bind, config.port))
        except OSError as error:
            reason = f"port {config.port} on {config.bind} cannot be used ({error.strerror})"
            raise CannotStart(f"{reason}: stop what uses it, or set PORT.") from None


def _is_readable(descriptor: int) -> bool:
    return bool(select.select([descriptor], [], [], 0)[0])


def _kept_secret(var: Path) -> str:
    """Development's session secret: random, kept, so that a restart signs nobody out."""
    file = var / "session-secret"
    with suppress(FileNotFoundError):
        kept = file.read_text().strip()
        if is_long_enough(kept):
            return kept
    secret = secrets.token_urlsafe(32)
    file.touch(mode=0o600)
    file.write_text(secret)
    return secret
