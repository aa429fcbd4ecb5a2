"""POST /api/drafts/import: what was taken along comes back as a draft, with all of it."""

import json

import pytest
from falcon.testing import Result

from api.config import Config
from tests.support.cast import ADA, Browser, Stage
from tests.support.documents import small_document
from tests.support.trees import live_tree, pages_worker

BLOCK = {"kind": "list", "title": "House keys", "items": ["Ada", "Rob"]}
BOUNDARY = "----a-boundary"


@pytest.fixture
def ada(stage: Stage) -> Browser:
    return stage.signed_in(ADA)


def send(browser: Browser, content: bytes, name: str = "rule.md") -> Result:
    """Submit the form with a file."""
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'.encode()
    kind = f"multipart/form-data; boundary={BOUNDARY}"
    headers = {"Content-Type": kind, "Sec-Fetch-Site": "same-origin", "Cookie": browser.cookie}
    body = head + content + f"\r\n--{BOUNDARY}--\r\n".encode()
    return browser.simulate_post("/api/drafts/import", body=body, headers=headers)


@pytest.mark.parametrize("name", ["rule.md", "rule.json"])
def test_what_was_taken_along_comes_back_whole(stage: Stage, config: Config, ada: Browser, name: str) -> None:
    method = {"own": "own-1", "title": "We talk first", "summary": "Always.", "blocks": [BLOCK]}
    document = {**small_document(decisions=[method]), "language": "en"}
    slug = ada.simulate_post("/api/rules", json={"document": document}).json["rule"]["slug"]
    with pages_worker(config) as worker:
        worker.work()
    answer = send(ada, live_tree(config)[f"rules/{slug}/v/1/{name}"], name)
    assert answer.status_code == 303, answer.text
    draft = ada.simulate_get("/api/drafts/me").json["draft"]
    assert answer.headers["location"] == f"/api/create/plain?draft={draft['id']}&saved=1"
    [(published,)] = stage.rows("SELECT document::jsonb FROM rule_version")
    assert draft["payload"] == published
    assert "House keys" in json.dumps(draft["payload"])


def test_an_edit_made_elsewhere_arrives(stage: Stage, config: Config, ada: Browser) -> None:
    slug = ada.simulate_post("/api/rules", json={"document": small_document()}).json["rule"]["slug"]
    with pages_worker(config) as worker:
        worker.work()
    text = live_tree(config)[f"rules/{slug}/v/1/rule.md"].decode()
    edited = text.replace("We look after each other.", "We look after each other, every day.")
    assert edited != text
    assert send(ada, edited.encode()).status_code == 303
    values = ada.simulate_get("/api/drafts/me").json["draft"]["payload"]["values"]
    assert values[0]["meaning"] == "We look after each other, every day."


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "Choose a file first"),
        (b"Our rule", "Line 1"),
        (b"# Name\n\n## Nonsense\n", "Line 3"),
        (b"{nope", "this is not JSON"),
        (b"\xff\xfe\xfd", "UTF-8"),
        (b"# Name\n\n" + b"x" * 600_000, "larger than 512 KiB"),
    ],
)
def test_what_cannot_be_read_is_told_with_its_line(stage: Stage, ada: Browser, content: bytes, words: str) -> None:
    answer = send(ada, content)
    assert answer.status_code in (400, 413)
    assert words in answer.text
    assert stage.rows("SELECT count(*) FROM draft") == [(0,)]


def test_it_needs_a_session(stage: Stage) -> None:
    nobody = Browser(stage.app, "session=none", "/")
    assert send(nobody, b"# Name").status_code == 401
