"""The errands worker: mail from the outbox, and clean-up, of uploads too. A slow mail server never delays a page."""

import logging
import signal
import smtplib
import time
from typing import Any

from api.config import Config
from api.database import OperationalError, Transaction, connect, start_listening, wait_for_notice
from api.errors import Problem
from api.images.store import Store
from api.jobs import queries as jobs
from api.mail.mailer import Mailer, compose, open_mailer
from api.uploads.actions import collect_unused
from api.workers import queries
from api.workers.signals import wake_on_signals

BEAT_SECONDS = 1.0
CLEANING_SECONDS = 600.0
KEPT_JOB_DAYS = 14

log = logging.getLogger(__name__)


class ErrandsWorker:
    def __init__(self, config: Config, mailer: Mailer) -> None:
        self._config, self._mailer, self._store = config, mailer, Store(config.uploads)
        self._stopping = False
        self._cleaned = -CLEANING_SECONDS
        self._wake = wake_on_signals()
        signal.signal(signal.SIGTERM, self._on_stop)
        signal.signal(signal.SIGINT, self._on_stop)

    def run(self) -> int:
        while not self._stopping:
            try:
                with connect(self._config.database_url) as connection, connect(self._config.database_url) as listener:
                    start_listening(listener, "work")
                    self._work(connection, listener)
            except OperationalError as error:
                log.warning("the database went away (%s); trying again", str(error).strip().split("\n")[0])
                time.sleep(1.0)
        return 0

    def _work(self, connection: Transaction, listener: Transaction) -> None:
        while not self._stopping:
            while not self._stopping and self._send_next(connection):
                pass
            jobs.beat(connection, "errands", {})
            self._clean(connection)
            wait_for_notice(listener, BEAT_SECONDS, self._wake)

    def _send_next(self, connection: Transaction) -> bool:
        """Send one mail, holding its row; False when none is due."""
        with connection.transaction():
            claimed = jobs.claim(connection, "mail", limit=1)
            for job in claimed:
                if queries.is_past(connection, job.id, job.payload["seconds"]):
                    jobs.drop_job(connection, job.id, "not sent in time")
                    log.error("mail job %d was given up: it could not be sent in time", job.id)
                    continue
                try:
                    self._mailer.send(compose(job.payload, self._config))
                except (OSError, smtplib.SMTPException, ValueError) as error:
                    log.warning("mail job %d: %s; trying again later", job.id, type(error).__name__)
                    jobs.mark_failed(connection, job.id, f"{type(error).__name__}: {error}", max_attempts=1000)
                else:
                    queries.finish_mail(connection, job.id)
        return bool(claimed)

    def _clean(self, connection: Transaction) -> None:
        if time.monotonic() - self._cleaned < CLEANING_SECONDS:
            return
        self._cleaned = time.monotonic()
        queries.delete_expired(connection)
        jobs.delete_old_jobs(connection, days=KEPT_JOB_DAYS)
        self._collect(connection)

    def _collect(self, connection: Transaction) -> None:
        """A folder that cannot be read must not keep mail from being sent."""
        if self._config.uploads is None:
            return
        try:
            collected = collect_unused(connection=connection, store=self._store)
        except (OSError, Problem) as error:
            log.warning("uploads could not be collected: %s", error)
        else:
            if collected:
                log.info("%d uploads that nothing refers to were removed", collected)

    def _on_stop(self, *_: Any) -> None:
        self._stopping = True


def run_errands_worker(config: Config) -> int:
    return ErrandsWorker(config, open_mailer(config)).run()
