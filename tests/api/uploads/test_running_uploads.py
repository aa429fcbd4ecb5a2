"""Uploads in the running product: how much memory the API itself takes, and that pictures are opened one by one."""

import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from tests.support.client import Answer, Client
from tests.support.running_site import RunningSite
from tests.support.uploads import ATTACHMENT, HEADERS, MEBIBYTE, PDF, form, packed, picture


@pytest.fixture(scope="module")
def author(shared_site: RunningSite) -> Client:
    return shared_site.author("running-uploads@example.org")


@pytest.fixture
def api(shared_site: RunningSite) -> int:
    return shared_site.processes()["api"]


def send(author: Client, content: bytes) -> Answer:
    return author.request("POST", "/api/uploads", form(content, ATTACHMENT), HEADERS)


def peak_of(pid: int) -> int:
    """The most memory that a process has had since `forget_peak`, in bytes."""
    line = next(line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) * 1024


def forget_peak(pid: int) -> None:
    Path(f"/proc/{pid}/clear_refs").write_text("5")


def test_a_bomb_ends_its_own_process_and_the_apis_does_not_grow(author: Client, api: int) -> None:
    bomb = packed(Image.new("RGB", (6000, 6000), "teal"), "WEBP", lossless=True, quality=0, method=0)
    forget_peak(api)
    before = peak_of(api)
    answer = send(author, bomb)
    assert (answer.status, answer.json["error"]["code"]) == (400, "validation_error")
    assert "too much memory" in answer.json["error"]["message"]
    assert peak_of(api) - before < 16 * MEBIBYTE  # open, it takes 400


def test_a_large_file_is_never_in_memory_as_a_whole(author: Client, api: int) -> None:
    forget_peak(api)
    before = peak_of(api)
    answer = send(author, PDF[:-6] + os.urandom(9 * MEBIBYTE) + PDF[-6:])
    assert answer.status == 200, answer.text
    assert peak_of(api) - before < 6 * MEBIBYTE


def test_many_at_once_are_opened_one_by_one(author: Client, api: int) -> None:
    """Eight at once: whoever is not sent away gets a picture, and no two are ever open together."""
    seen: list[int] = []
    done = threading.Event()

    def watch() -> None:
        while not done.is_set():
            seen.append(sum(1 for _ in decoders_of(api)))
            time.sleep(0.002)

    answers: list[Answer] = []
    content = packed(picture((3000, 2000)), "PNG", compress_level=1)
    watcher = threading.Thread(target=watch)
    senders = [threading.Thread(target=lambda: answers.append(send(author, content))) for _ in range(8)]
    for thread in (watcher, *senders):
        thread.start()
    for thread in senders:
        thread.join(60)
    done.set()
    watcher.join(10)
    statuses = sorted(answer.status for answer in answers)
    assert len(statuses) == 8
    assert set(statuses) <= {200, 503}
    assert statuses.count(200) >= 1
    assert max(seen) == 1
    for answer in answers:
        if answer.status == 503:
            assert (answer.json["error"]["code"], answer.headers["retry-after"]) == ("busy", "5")


def decoders_of(pid: int) -> Iterator[int]:
    for task in Path(f"/proc/{pid}/task").iterdir():
        try:
            children = (task / "children").read_text().split()
        except OSError:
            continue
        for child in children:
            try:
                if b"reencode.py" in Path(f"/proc/{child}/cmdline").read_bytes():
                    yield int(child)
            except OSError:
                continue
