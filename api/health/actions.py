"""One question to the database, with an answer in time whatever the database does."""

import threading
from concurrent.futures import Future, ThreadPoolExecutor

from api.database import Database
from api.errors import DatabaseAway
from api.health import queries

ANSWER_SECONDS = 1.5  # the platform's monitor and our own promise allow 2


class DatabaseProbe:
    """Asks on a thread of its own. A question that hangs is asked once, however many requests want to know."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="database-probe")
        self._lock = threading.Lock()
        self._question: Future[bool] | None = None

    def answers(self) -> bool:
        with self._lock:
            if self._question is None or self._question.done():
                self._question = self._thread.submit(self._ask)
            question = self._question
        try:
            return question.result(timeout=ANSWER_SECONDS)
        except TimeoutError:
            return False

    def close(self) -> None:
        self._thread.shutdown(wait=False, cancel_futures=True)

    def _ask(self) -> bool:
        try:
            with self._database.connection() as connection:
                return queries.answers(connection)
        except DatabaseAway:
            return False
