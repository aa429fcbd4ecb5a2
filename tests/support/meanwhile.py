"""Work that goes on in threads while a test does something else."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event


@contextmanager
def meanwhile(work: Callable[[], None], threads: int) -> Iterator[None]:
    """`work` over and over, in so many threads, until the block ends; then raise what any of them raised."""
    stopping = Event()

    def run() -> None:
        while not stopping.is_set():
            work()

    with ThreadPoolExecutor(threads) as pool:
        running = [pool.submit(run) for _ in range(threads)]
        try:
            yield
        finally:
            stopping.set()
    for thread in running:
        thread.result()
