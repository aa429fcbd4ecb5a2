"""`POST /api/uploads`: pictures made anew, PDFs as they came, and nothing at all of what is neither."""

import hashlib
import io
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import falcon.testing
import pytest
from PIL import Image

from api.app import create_app, open_parts
from api.config import read_config
from api.database import Database
from api.images.store import Store
from api.uploads import actions
from tests.conftest import config_for
from tests.support.cast import ADA, ROB, Browser, Stage
from tests.support.postgres import PostgresServer
from tests.support.uploads import (
    ATTACHMENT,
    BOUNDARY,
    HEADERS,
    HOSTILE,
    MEBIBYTE,
    PDF,
    PHOTO,
    Hostile,
    form,
    gif,
    jpeg,
    part,
    png,
    webp,
)

END = f"--{BOUNDARY}--\r\n".encode()


@pytest.fixture
def ada(stage: Stage) -> Browser:
    return stage.signed_in(ADA)


def send(browser: Browser, body: bytes, **headers: str) -> falcon.testing.Result:
    return browser.simulate_post("/api/uploads", body=body, headers={**HEADERS, "Cookie": browser.cookie, **headers})


def upload(browser: Browser, content: bytes, purpose: str = PHOTO) -> dict[str, Any]:
    answer = send(browser, form(content, purpose))
    assert answer.status_code == 200, answer.text
    plain: dict[str, Any] = answer.json
    return plain


def folder(stage: Stage) -> Path:
    assert stage.parts.config.uploads is not None
    return stage.parts.config.uploads


def stored(stage: Stage) -> list[str]:
    return sorted(path.name for path in folder(stage).iterdir()) if folder(stage).exists() else []


def rows(stage: Stage) -> list[tuple[Any, ...]]:
    return stage.rows("SELECT name, bytes, width, height FROM upload ORDER BY name")


# -- what is taken ----------------------------------------------------------------------------------------------------


def test_a_picture_becomes_a_webp(stage: Stage, ada: Browser) -> None:
    for height, make in enumerate((jpeg, png, webp, gif), start=48):
        answer = upload(ada, make((64, height)))
        content = (folder(stage) / answer["id"]).read_bytes()
        assert answer == {
            "id": f"{hashlib.sha256(content).hexdigest()}.webp",
            "url": f"/api/uploads/{answer['id']}",
            "mimeType": "image/webp",
            "byteLength": len(content),
            "width": 64,
            "height": height,
        }
        with Image.open(io.BytesIO(content)) as made:
            assert (made.format, made.size) == ("WEBP", (64, height))
            assert made.convert("RGB").getpixel((60, 3)) != made.convert("RGB").getpixel((3, 44))
        assert (answer["id"], len(content), 64, height) in rows(stage)
    assert stored(stage) == [row[0] for row in rows(stage)]
    assert len(rows(stage)) == 4


def test_a_photo_is_kept_as_large_as_pages_show_it_and_an_attachment_larger(ada: Browser) -> None:
    large = jpeg((3000, 1500))
    photo, attachment = upload(ada, large, PHOTO), upload(ada, large, ATTACHMENT)
    assert [(one["width"], one["height"]) for one in (photo, attachment)] == [(1472, 736), (2048, 1024)]


def test_a_pdf_is_kept_as_it_came(stage: Stage, ada: Browser) -> None:
    answer = upload(ada, PDF, ATTACHMENT)
    assert (answer["mimeType"], answer["byteLength"]) == ("application/pdf", len(PDF))
    assert answer["id"] == f"{hashlib.sha256(PDF).hexdigest()}.pdf"
    assert "width" not in answer
    assert (folder(stage) / answer["id"]).read_bytes() == PDF


def test_the_same_picture_is_stored_once(stage: Stage, ada: Browser) -> None:
    rob = stage.signed_in(ROB)
    first, again, third = upload(ada, png()), upload(ada, png()), upload(rob, png())
    assert first == again == third
    assert stored(stage) == [first["id"]]
    assert stage.rows("SELECT count(*) FROM upload_owner") == [(2,)]


def test_a_file_that_was_there_is_left_alone(stage: Stage, ada: Browser) -> None:
    answer = upload(ada, png())
    before = (folder(stage) / answer["id"]).stat()
    upload(ada, png())
    after = (folder(stage) / answer["id"]).stat()
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)
    assert before.st_mode & 0o777 == 0o644


# -- what is refused --------------------------------------------------------------------------------------------------


def test_there_are_enough_of_them() -> None:
    assert len(HOSTILE) >= 60
    assert len({hostile.name for hostile in HOSTILE}) == len(HOSTILE)


@pytest.fixture(scope="module")
def shared_stage(
    postgres_18: PostgresServer, tmp_path_factory: pytest.TempPathFactory, assets: Path
) -> Iterator[tuple[Stage, Browser]]:
    """One app for all of them: each leaves it as it was."""
    folder = tmp_path_factory.mktemp("hostile")
    shutil.copytree(assets, folder / "build" / "assets")
    parts = open_parts(config_for(postgres_18.new_database(), folder / "build", folder))
    stage = Stage.of(parts)
    yield stage, stage.signed_in(ADA)
    parts.close()


@pytest.mark.parametrize("hostile", HOSTILE, ids=lambda hostile: hostile.name)
def test_what_is_not_what_it_says_leaves_nothing(shared_stage: tuple[Stage, Browser], hostile: Hostile) -> None:
    stage, ada = shared_stage
    body = form(hostile.make(), hostile.purpose, filename=hostile.filename, kind=hostile.kind)
    answer = send(ada, body)
    assert (answer.status_code, answer.json["error"]["code"]) == (400, "validation_error"), answer.text
    assert hostile.says in answer.json["error"]["message"]
    assert answer.json["error"]["message"].startswith("The file ")
    assert answer.json["details"]["fieldErrors"].keys() == {"file"}
    assert stored(stage) == []
    assert rows(stage) == []


BAD_BODIES = {
    "nothing": (b"", HEADERS, 400),
    "no end": (form(jpeg())[:-30], HEADERS, 400),
    "cut in the file": (form(jpeg())[:400], HEADERS, 400),
    "another boundary": (form(jpeg()), {**HEADERS, "Content-Type": "multipart/form-data; boundary=x"}, 400),
    "no boundary": (form(jpeg()), {**HEADERS, "Content-Type": "multipart/form-data"}, 400),
    "a boundary too long": (b"x", {**HEADERS, "Content-Type": f"multipart/form-data; boundary={'x' * 90}"}, 400),
    "JSON": (b"{}", {**HEADERS, "Content-Type": "application/json"}, 415),
    "the picture alone": (jpeg(), {**HEADERS, "Content-Type": "image/jpeg"}, 415),
    "no type": (form(jpeg()), {"Sec-Fetch-Site": "same-origin"}, 415),
    "no purpose": (part("file", jpeg(), filename="a.jpg") + END, HEADERS, 400),
    "another purpose": (form(jpeg(), "profile"), HEADERS, 400),
    "no file": (part("purpose", PHOTO.encode()) + END, HEADERS, 400),
    "an empty file": (form(b""), HEADERS, 400),
    "no file chosen": (form(b"", filename=""), HEADERS, 400),
    "two files": (form(jpeg(), last=part("file", png(), filename="b.png")), HEADERS, 400),
    "more fields": (form(jpeg(), last=part("admin", b"true")), HEADERS, 400),
    "a field without a name": (
        b"--" + BOUNDARY.encode() + b"\r\nContent-Type: a/b\r\n\r\nx\r\n" + form(jpeg()),
        HEADERS,
        400,
    ),
    "a name that is not UTF-8": (form(jpeg()).replace(b'name="file"', b'name="\xff"'), HEADERS, 400),
    "a field that is not UTF-8": (form(jpeg()).replace(PHOTO.encode(), b"\xff\xfe"), HEADERS, 400),
    "an encoded file": (form(jpeg()).replace(b"image/jpeg", b"a/b\r\nContent-Transfer-Encoding: base64"), HEADERS, 400),
    "heads without end": (b"--" + BOUNDARY.encode() + b"\r\nA: " + b"x" * 50_000, HEADERS, 400),
    "parts without end": (part("a", b"") * 3000 + END, HEADERS, 400),
    "a large field": (part("purpose", b"x" * 1_600_000) + END, HEADERS, 413),
    "a photo of 6 MiB": (form(jpeg() + bytes(6 * MEBIBYTE)), HEADERS, 413),
    "a file of 11 MiB": (form(bytes(11 * MEBIBYTE), ATTACHMENT), HEADERS, 413),
    "a body of 13 MiB": (form(bytes(13 * MEBIBYTE), ATTACHMENT), HEADERS, 413),
}


@pytest.mark.parametrize("name", BAD_BODIES)
def test_what_is_no_upload_leaves_nothing(shared_stage: tuple[Stage, Browser], name: str) -> None:
    stage, ada = shared_stage
    body, headers, status = BAD_BODIES[name]
    answer = ada.simulate_post("/api/uploads", body=body, headers={**headers, "Cookie": ada.cookie})
    assert answer.status_code == status, answer.text
    assert answer.json["error"]["code"] in ("validation_error", "payload_too_large", "unsupported_media_type")
    assert stored(stage) == []
    assert rows(stage) == []


def test_a_body_that_says_it_is_too_large_is_not_read(shared_stage: tuple[Stage, Browser]) -> None:
    """Not one byte of it has to be sent."""
    _, ada = shared_stage
    answer = send(ada, b"", **{"Content-Length": str(100 * MEBIBYTE)})
    assert (answer.status_code, answer.json["error"]["code"]) == (413, "payload_too_large")


NAMES = [
    *("../../../etc/cron.d/x", "a\\..\\b.jpg", "x" * 4000, "photo.php", ".htaccess", "CON", "%00.html"),
    "'; DROP TABLE upload",
]


def test_no_name_and_no_type_of_theirs_is_used(stage: Stage, ada: Browser) -> None:
    for height, filename in enumerate(NAMES, start=20):
        before = set(stored(stage))
        answer = send(ada, form(png((20, height)), ATTACHMENT, filename=filename, kind="text/html"))
        assert (answer.status_code, answer.json["mimeType"]) == (200, "image/webp"), filename
        assert set(stored(stage)) - before == {answer.json["id"]}, filename


def test_who_may_upload(shared_stage: tuple[Stage, Browser]) -> None:
    stage, _ = shared_stage
    answer = stage.client().simulate_post("/api/uploads", body=form(jpeg()), headers=HEADERS)
    assert (answer.status_code, answer.json["error"]) == (401, {"code": "unauthorized", "message": "Unauthorized"})
    assert stored(stage) == []


def test_no_other_site_uploads_for_somebody(shared_stage: tuple[Stage, Browser]) -> None:
    stage, ada = shared_stage
    for headers in ({}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}):
        sent = {"Content-Type": HEADERS["Content-Type"], "Cookie": ada.cookie, **headers}
        assert ada.simulate_post("/api/uploads", body=form(jpeg()), headers=sent).status_code == 403
    assert stored(stage) == []


# -- how much there may be --------------------------------------------------------------------------------------------


def test_how_many_a_person_may_keep(stage: Stage, ada: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(actions, "MOST_FILES", 2)
    kept = [upload(ada, png((10, height))) for height in (10, 11)]
    answer = send(ada, form(png((10, 12))))
    assert (answer.status_code, answer.json["error"]["code"]) == (409, "conflict")
    assert "You keep 2 pictures and files" in answer.json["error"]["message"]
    assert stored(stage) == sorted(one["id"] for one in kept)
    upload(stage.signed_in(ROB), png((10, 12)))


def test_how_much_a_person_may_keep(stage: Stage, ada: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(actions, "MOST_BYTES", len(PDF) + 100)
    upload(ada, PDF, ATTACHMENT)
    upload(ada, PDF, ATTACHMENT)  # the same again takes no more room
    answer = send(ada, form(png((200, 200))))
    assert (answer.status_code, answer.json["error"]["code"]) == (409, "conflict")
    assert len(stored(stage)) == 1


def test_several_at_once_do_not_pass_by_the_quota(stage: Stage, ada: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(actions, "MOST_FILES", 1)
    pdfs = [PDF.replace(b"Catalog", f"Number{number}".encode()) for number in range(8)]
    with ThreadPoolExecutor(8) as pool:
        statuses = [*pool.map(lambda pdf: send(ada, form(pdf, ATTACHMENT)).status_code, pdfs)]
    assert sorted(statuses) == [200] + [409] * 7
    assert len(stored(stage)) == len(rows(stage)) == 1


def test_others_keep_their_room_on_the_disk(stage: Stage, ada: Browser) -> None:
    """As if as much had to stay free as no disk has."""
    full = replace(stage.parts, store=Store(stage.parts.config.uploads, kept_free=1 << 62))
    answer = Browser(create_app(full), ada.cookie, "").simulate_post("/api/uploads", body=form(jpeg()), headers=HEADERS)
    assert (answer.status_code, answer.json["error"]["code"]) == (503, "busy")
    assert answer.headers["retry-after"] == "3600"
    assert stored(stage) == []


# -- where they are kept ----------------------------------------------------------------------------------------------


def test_without_a_place_for_them(stage: Stage, ada: Browser) -> None:
    without = Browser(create_app(replace(stage.parts, store=Store(None))), ada.cookie, "")
    for answer in (
        without.simulate_post("/api/uploads", body=form(jpeg()), headers=HEADERS),
        without.simulate_get("/api/uploads/x"),
    ):
        assert (answer.status_code, answer.json["error"]["code"]) == (500, "server_misconfigured")
        assert "UPLOAD_ROOT is not set" in answer.json["error"]["message"]


def test_where_they_are_kept_unless_it_is_said(tmp_path: Path) -> None:
    development = read_config({"VAR_DIR": str(tmp_path)})
    assert development.uploads == tmp_path / "uploads"
    assert read_config({"CLOUDRON": "1", "VAR_DIR": str(tmp_path)}).uploads is None
    assert read_config({"CLOUDRON": "1", "UPLOAD_ROOT": f" {tmp_path} "}).uploads == tmp_path


def test_a_place_that_cannot_be_one(stage: Stage, ada: Browser, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    wrong = Browser(create_app(replace(stage.parts, store=Store(tmp_path / "file" / "uploads"))), ada.cookie, "")
    answer = wrong.simulate_post("/api/uploads", body=form(jpeg()), headers=HEADERS)
    assert (answer.status_code, answer.json["error"]["code"]) == (500, "server_misconfigured")


def test_what_is_not_there(shared_stage: tuple[Stage, Browser]) -> None:
    stage, _ = shared_stage
    for id in ("x", "0" * 64 + ".webp", "..%2f..%2fetc%2fpasswd", "%00", "a" * 3000):
        answer = stage.client().simulate_get(f"/api/uploads/{id}")
        assert (answer.status_code, answer.json["error"]["code"]) == (404, "not_found"), id


def test_without_a_database_nothing_is_kept(stage: Stage, ada: Browser) -> None:
    away = replace(stage.parts, database=Database(None))
    answer = Browser(create_app(away), ada.cookie, "").simulate_post("/api/uploads", body=form(jpeg()), headers=HEADERS)
    assert (answer.status_code, answer.json["error"]["code"]) == (503, "db_unavailable")
    assert stored(stage) == []
