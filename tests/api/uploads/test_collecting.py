"""Uploads that nothing refers to are removed after a week; what is referred to never is, whoever is faster."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from api import ROOT
from api.database import connect
from api.images.store import Store
from api.uploads import actions
from tests.support.cast import ADA, OLGA, ROB, Browser, Stage
from tests.support.documents import small_document
from tests.support.running_site import wait_until
from tests.support.uploads import ATTACHMENT, HEADERS, PDF, form, png


@pytest.fixture
def ada(stage: Stage) -> Browser:
    return stage.signed_in(ADA)


def upload(browser: Browser, content: bytes) -> dict[str, Any]:
    headers = {**HEADERS, "Cookie": browser.cookie}
    answer = browser.simulate_post("/api/uploads", body=form(content, ATTACHMENT), headers=headers)
    assert answer.status_code == 200, answer.text
    plain: dict[str, Any] = answer.json
    return plain


def with_photo(uploaded: dict[str, Any]) -> dict[str, Any]:
    photo = {"upload": uploaded["id"], "alt": "Us", "width": uploaded["width"], "height": uploaded["height"]}
    document = small_document()
    return {**document, "community": {**document["community"], "photo": photo}}


def with_file(uploaded: dict[str, Any]) -> dict[str, Any]:
    block = {"kind": "file", "title": "Our plan", "upload": uploaded["id"], "name": "Plan of the workshop"}
    return small_document(decisions=[{"own": "own-1", "title": "We talk", "blocks": [block]}])


def folder(stage: Stage) -> Path:
    assert stage.parts.config.uploads is not None
    return stage.parts.config.uploads


def age(stage: Stage, days: int = 8) -> None:
    stage.rows("UPDATE upload SET uploaded_at = now() - make_interval(days => %s) RETURNING 1", days)


def collect(stage: Stage) -> int:
    with connect(stage.parts.config.database_url) as connection:
        return actions.collect_unused(connection=connection, store=stage.parts.store)


def names(stage: Stage) -> list[str]:
    on_disk = sorted(path.name for path in folder(stage).iterdir())
    assert on_disk == [row[0] for row in stage.rows("SELECT name FROM upload ORDER BY name")]
    return on_disk


def publish(browser: Browser, document: dict[str, Any]) -> str:
    answer = browser.simulate_post("/api/rules", json={"document": document})
    assert answer.status_code == 200, answer.text
    return str(answer.json["rule"]["id"])


# -- what goes and what stays -----------------------------------------------------------------------------------------


def test_only_what_is_old_goes(stage: Stage, ada: Browser) -> None:
    upload(ada, png())
    assert collect(stage) == 0
    age(stage, days=6)
    assert collect(stage) == 0
    age(stage)
    assert collect(stage) == 1
    assert names(stage) == []
    assert stage.rows("SELECT count(*) FROM upload_owner") == [(0,)]


def test_uploading_again_begins_anew(stage: Stage, ada: Browser) -> None:
    upload(ada, png())
    age(stage)
    upload(stage.signed_in(ROB), png())
    assert collect(stage) == 0
    assert len(names(stage)) == 1


@pytest.mark.parametrize("kind", ["photo", "file"])
def test_what_a_version_shows_stays_until_the_rule_is_deleted(stage: Stage, ada: Browser, kind: str) -> None:
    uploaded = upload(ada, png() if kind == "photo" else PDF)
    rule = publish(ada, with_photo(uploaded) if kind == "photo" else with_file(uploaded))
    answer = ada.simulate_patch(f"/api/rules/{rule}", json={"document": small_document(), "reason": "No picture"})
    assert answer.status_code == 200
    age(stage)
    assert collect(stage) == 0  # version 1 still shows it
    assert ada.simulate_delete(f"/api/rules/{rule}/publication").status_code == 200
    assert collect(stage) == 0  # it may be published again
    assert ada.simulate_delete(f"/api/rules/{rule}").status_code == 200
    assert collect(stage) == 1
    assert names(stage) == []


def test_a_version_that_is_withdrawn_shows_nothing_more(stage: Stage, ada: Browser) -> None:
    rule = publish(ada, with_photo(upload(ada, png())))
    ada.simulate_patch(f"/api/rules/{rule}", json={"document": small_document(), "reason": "No picture"})
    assert ada.simulate_delete(f"/api/rules/{rule}/versions/1").status_code == 200
    age(stage)
    assert collect(stage) == 1


def test_what_a_draft_holds_stays_while_there_is_the_draft(stage: Stage, ada: Browser) -> None:
    """Also when it was taken out of it: it may be wanted back."""
    document = with_photo(upload(ada, png()))
    draft = ada.simulate_post("/api/drafts", json={"payload": document}).json["draft"]["id"]
    answer = ada.simulate_put(f"/api/drafts/{draft}", json={"payload": small_document("Without")})
    assert answer.status_code == 200, answer.text
    age(stage)
    assert collect(stage) == 0
    stage.rows("DELETE FROM draft RETURNING 1")
    assert collect(stage) == 1


def test_another_persons_upload_of_the_same_stays(stage: Stage, ada: Browser) -> None:
    uploaded = upload(ada, png())
    rob = stage.signed_in(ROB)
    assert upload(rob, png()) == uploaded
    publish(rob, with_photo(uploaded))
    stage.rows("DELETE FROM person WHERE email = %s RETURNING 1", ADA)
    age(stage)
    assert collect(stage) == 0
    assert names(stage) == [uploaded["id"]]


def test_what_a_crash_left_lying_goes(stage: Stage, ada: Browser) -> None:
    kept = upload(ada, png())["id"]
    left, fresh = folder(stage) / f"{'a' * 64}.webp", folder(stage) / f"{'b' * 64}.pdf"
    half, other = folder(stage) / ".half", folder(stage) / "README"
    for file in (left, fresh, half, other):
        file.write_text("x")
    old = time.time() - 2 * 24 * 3600
    for file in (left, half, other, folder(stage) / kept):
        os.utime(file, (old, old))
    assert collect(stage) == 2
    assert sorted(path.name for path in folder(stage).iterdir()) == sorted([kept, fresh.name, "README"])


def test_a_file_that_is_gone_already(stage: Stage, ada: Browser) -> None:
    (folder(stage) / upload(ada, png())["id"]).unlink()
    age(stage)
    assert collect(stage) == 1
    assert names(stage) == []


# -- documents that name what is not here -----------------------------------------------------------------------------


def test_what_is_not_here_cannot_be_published(stage: Stage, ada: Browser) -> None:
    uploaded = upload(ada, png())
    age(stage)
    assert collect(stage) == 1
    answer = ada.simulate_post("/api/rules", json={"document": with_photo(uploaded)})
    assert (answer.status_code, answer.json["error"]["code"]) == (400, "validation_error")
    assert "Upload it again" in answer.json["error"]["message"]
    assert stage.rows("SELECT count(*) FROM rule") == [(0,)]
    upload(ada, png())
    publish(ada, with_photo(uploaded))


def test_words_about_an_upload_are_no_upload(stage: Stage, ada: Browser) -> None:
    """A text that looks like a reference is a text: it neither keeps a file nor is refused."""
    name = upload(ada, png())["id"]
    text = f'{{"upload":"{name}"}} "upload": "{"0" * 64}.webp"'
    publish(ada, small_document(conflict=[{"own": "own-1", "title": text[:80], "summary": text}]))
    assert stage.rows("SELECT count(*) FROM version_upload") == [(0,)]


# -- races ------------------------------------------------------------------------------------------------------------


def is_waiting(stage: Stage) -> Callable[[], bool]:
    """Whether some connection waits for another's lock."""
    return lambda: (
        stage.rows(
            "SELECT count(*) FROM pg_locks l JOIN pg_database d ON d.oid = l.database OR l.database IS NULL"
            " WHERE NOT granted AND l.pid IN (SELECT pid FROM pg_stat_activity WHERE datname = current_database())"
            " AND d.datname = current_database()"
        )[0][0]
        > 0
    )


def test_a_document_on_its_way_keeps_its_picture(stage: Stage, ada: Browser) -> None:
    """The collector has found the picture unused; before it removes it, a version that shows it is written but not yet
    committed. It must wait for that one, look again, and leave the picture alone."""
    name = upload(ada, png())["id"]
    rule = publish(ada, small_document())
    age(stage)
    with connect(stage.parts.config.database_url) as writer, ThreadPoolExecutor(1) as pool:
        with writer.transaction():
            writer.execute(
                "INSERT INTO rule_version (rule_id, number, title, document, sha256, reason, published_at)"
                " VALUES (%s, 2, '', %s, '', 'x', now())",
                [rule, f'{{"community":{{"photo":{{"upload":"{name}"}}}}}}'],
            )
            collecting = pool.submit(collect, stage)
            wait_until(is_waiting(stage))
            assert (folder(stage) / name).exists()
        assert collecting.result(10) == 0
    assert names(stage) == [name]


def test_a_picture_that_is_being_removed_cannot_be_published(stage: Stage, ada: Browser, blocked: "Blocked") -> None:
    """The other way round: the row is gone and committed, the file not yet."""
    uploaded = upload(ada, png())
    age(stage)
    with ThreadPoolExecutor(1) as pool:
        collecting = pool.submit(blocked.collect, stage)
        assert blocked.reached.wait(10)
        answer = ada.simulate_post("/api/rules", json={"document": with_photo(uploaded)})
        assert answer.status_code == 400
        blocked.go.set()
        assert collecting.result(10) == 1
    assert names(stage) == []


def test_uploading_what_is_being_removed_waits_and_keeps_it(stage: Stage, ada: Browser, blocked: "Blocked") -> None:
    """Somebody uploads the same picture between the removal of its row and that of its file."""
    upload(ada, png())
    age(stage)
    with ThreadPoolExecutor(2) as pool:
        collecting = pool.submit(blocked.collect, stage)
        assert blocked.reached.wait(10)
        uploading = pool.submit(upload, ada, png())
        wait_until(is_waiting(stage))
        blocked.go.set()
        assert collecting.result(10) == 1
        name = uploading.result(10)["id"]
    assert names(stage) == [name]


class Blocked:
    """A collector that stops between the commit of its row and the removal of its file."""

    def __init__(self) -> None:
        self.reached, self.go = threading.Event(), threading.Event()

    def collect(self, stage: Stage) -> int:
        outer = self

        class SlowStore(Store):
            def remove(self, name: str) -> None:
                outer.reached.set()
                assert outer.go.wait(10)
                super().remove(name)

        with connect(stage.parts.config.database_url) as connection:
            return actions.collect_unused(connection=connection, store=SlowStore(stage.parts.config.uploads))


@pytest.fixture
def blocked() -> Blocked:
    return Blocked()


def test_everybody_at_once(stage: Stage) -> None:
    """Uploads, publications and collections of the same few files, side by side: no rule is left without its own."""
    olga = stage.signed_in(OLGA)  # an operator: exempt from the limits
    end = time.monotonic() + 4
    published, removed = [], []

    def write(number: int) -> None:
        while time.monotonic() < end:
            uploaded = upload(olga, PDF.replace(b"Catalog", b"Picture%d" % number))
            answer = olga.simulate_post("/api/rules", json={"document": with_file(uploaded)})
            assert answer.status_code in (200, 400), answer.text
            if answer.status_code == 200:
                published.append(uploaded["id"])
                olga.simulate_delete(f"/api/rules/{answer.json['rule']['id']}")

    def clean() -> None:
        while time.monotonic() < end:
            age(stage)
            removed.append(collect(stage))

    with ThreadPoolExecutor(4) as pool:
        for task in [pool.submit(write, 1), pool.submit(write, 2), pool.submit(clean), pool.submit(clean)]:
            task.result(60)
    assert len(published) >= 3
    assert sum(removed) >= 3, "the collector removed too little for this to prove anything"
    names(stage)


def test_a_crash_between_row_and_file(stage: Stage, ada: Browser) -> None:
    """Killed there, the collector leaves a file without a row: nobody can name it, and a later round takes it."""
    name = upload(ada, png())["id"]
    age(stage)
    program = (
        "import os, signal, sys; from pathlib import Path\n"
        "from api.database import connect; from api.images.store import Store; from api.uploads import actions\n"
        "class Dying(Store):\n"
        "    def remove(self, name): os.kill(os.getpid(), signal.SIGKILL)\n"
        "with connect(sys.argv[1]) as connection:\n"
        "    actions.collect_unused(connection=connection, store=Dying(Path(sys.argv[2])))\n"
    )
    command = [sys.executable, "-c", program, stage.parts.config.database_url, str(folder(stage))]
    assert subprocess.run(command, cwd=ROOT, check=False).returncode == -9
    assert stage.rows("SELECT count(*) FROM upload") == [(0,)]
    assert (folder(stage) / name).exists()
    os.utime(folder(stage) / name, (0, 0))
    wait_until(lambda: collect(stage) == 1)
    assert names(stage) == []
