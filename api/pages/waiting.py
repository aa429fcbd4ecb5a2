"""How a publish request waits until its page is live: registered before the commit, woken by the worker's word."""

import logging
import os
import select
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from api.database import Database, connect, start_listening, wait_for_notice
from api.errors import DatabaseAway
from api.jobs.queries import job_state

LIVE_SECONDS = 2.0
RECONNECT_SECONDS = 1.0
LISTEN_SECONDS = 60.0

log = logging.getLogger(__name__)


class LiveWaiter:
    """One LISTEN connection for the whole API. At most `places` requests wait at once; the others do not wait."""

    def __init__(self, url: str, *, places: int) -> None:
        self._url = url
        self._places = threading.BoundedSemaphore(places)
        self._events: dict[int, threading.Event] = {}
        self._lock = threading.Lock()
        self._stopping = False
        self._wake, self._waker = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self._thread = threading.Thread(target=self._run, name="live-waiter", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping = True
        os.write(self._waker, b"!")
        if self._thread.is_alive():
            self._thread.join()
        os.close(self._wake)
        os.close(self._waker)

    @contextmanager
    def place(self) -> Iterator["WaitingPlace"]:
        """A place to wait in, taken before the commit. Without one, `WaitingPlace.wait` answers at once."""
        taken = self._places.acquire(blocking=False)
        place = WaitingPlace(self, taken)
        try:
            yield place
        finally:
            place.leave()
            if taken:
                self._places.release()

    def register(self, job_id: int) -> threading.Event:
        event = threading.Event()
        with self._lock:
            self._events[job_id] = event
        return event

    def forget(self, job_id: int) -> None:
        with self._lock:
            self._events.pop(job_id, None)

    def _run(self) -> None:
        while not self._stopping:
            try:
                with connect(self._url) as connection:
                    start_listening(connection, "live")
                    while not self._stopping:
                        for payload in wait_for_notice(connection, LISTEN_SECONDS, self._wake):
                            self._tell(payload)
            except Exception as error:  # whatever happens here, the next try must come
                log.warning("waiting for live pages: %s; trying again", error)
                select.select([self._wake], [], [], RECONNECT_SECONDS)

    def _tell(self, payload: str) -> None:
        with self._lock:
            for id in payload.split(","):
                if event := self._events.get(int(id)):
                    event.set()


class WaitingPlace:
    """One request's wait for one job."""

    def __init__(self, waiter: LiveWaiter, taken: bool) -> None:
        self._waiter, self._taken = waiter, taken
        self._job_id: int | None = None
        self._event = threading.Event()

    def expect(self, job_id: int, *, worker_beats: bool) -> None:
        """Called inside the transaction that adds the job."""
        self._job_id = job_id
        self._taken = self._taken and worker_beats
        if self._taken:
            self._event = self._waiter.register(job_id)

    def wait(self, database: Database) -> bool:
        """Whether the page is live. Holds no connection while it waits; without the worker's word it asks the job."""
        if self._job_id is None or not self._taken:
            return False
        if self._event.wait(LIVE_SECONDS):
            return True
        try:
            with database.connection() as connection:
                return job_state(connection, self._job_id).live
        except DatabaseAway:
            return False  # the publish is accepted all the same

    def leave(self) -> None:
        if self._job_id is not None:
            self._waiter.forget(self._job_id)
