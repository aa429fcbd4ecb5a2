"""GET /api/drafts/{id}/revisions, POST …/revisions/{n}/restore, and the page /api/drafts/{id}/history."""

import pytest

from api.drafts.actions import KEPT
from tests.support.cast import ADA, ROB, Browser, Stage


@pytest.fixture
def ada(stage: Stage) -> Browser:
    return stage.signed_in(ADA)


@pytest.fixture
def address(ada: Browser) -> str:
    """A draft with three texts."""
    location: str = ada.simulate_post("/api/drafts", json={"payload": text(1)}).headers["location"]
    for number in (2, 3):
        ada.simulate_put(location, json={"payload": text(number)})
    return location


def text(number: int) -> dict[str, object]:
    return {"community": {"name": f"Text {number}"}}


def titles(ada: Browser, address: str) -> list[tuple[int, str]]:
    rows = ada.simulate_get(f"{address}/revisions").json["revisions"]
    assert all(row.keys() == {"id", "title", "updatedAt", "revision", "gaps"} for row in rows)
    return [(row["revision"], row["title"]) for row in rows]


def test_the_list(ada: Browser, address: str) -> None:
    assert titles(ada, address) == [(3, "Text 3"), (2, "Text 2"), (1, "Text 1")]


def test_restoring_makes_a_new_revision(ada: Browser, address: str) -> None:
    answer = ada.simulate_post(f"{address}/revisions/1/restore", json={})
    draft = answer.json["draft"]
    assert (answer.status_code, draft["revision"], draft["payload"]) == (200, 4, text(1))
    assert answer.headers["etag"] == f'"{draft["id"]}-4"'
    assert titles(ada, address) == [(4, "Text 1"), (3, "Text 3"), (2, "Text 2"), (1, "Text 1")]
    # What is current already is not restored.
    assert ada.simulate_post(f"{address}/revisions/4/restore", json={}).json["draft"]["revision"] == 4


def test_restoring_may_conflict(ada: Browser, address: str) -> None:
    headers = {"If-Match": '"1-1"', "Cookie": ada.cookie}
    answer = ada.simulate_post(f"{address}/revisions/1/restore", json={}, headers=headers)
    assert (answer.status_code, answer.json["details"]["yours"]) == (409, {"payload": text(1)})
    assert titles(ada, address)[0] == (3, "Text 3")


def test_the_last_ones_are_kept(stage: Stage, ada: Browser, address: str) -> None:
    for number in range(4, KEPT + 10):
        ada.simulate_put(address, json={"payload": text(number)})
    last = KEPT + 9
    assert titles(ada, address) == [(n, f"Text {n}") for n in range(last, last - KEPT - 1, -1)]
    assert stage.rows("SELECT count(*) FROM draft_revision") == [(KEPT + 1,)]
    assert ada.simulate_post(f"{address}/revisions/{last - KEPT}/restore", json={}).status_code == 200
    assert ada.simulate_post(f"{address}/revisions/1/restore", json={}).status_code == 404


def test_the_page(ada: Browser, address: str) -> None:
    page = ada.simulate_get(f"{address}/history")
    assert page.status_code == 200
    assert page.text.count('method="post"') == 3
    assert "Text 2" in page.text
    assert "Nothing is written in any section yet." in page.text
    answer = ada.submit(f"{address}/revisions/2/restore", {})
    assert answer.status_code == 303
    shown = ada.simulate_get(
        answer.headers["location"].partition("?")[0], query_string=answer.headers["location"].partition("?")[2]
    )
    assert "Saved" in shown.text
    assert 'value="Text 2"' in shown.text


def test_they_are_nobody_elses(stage: Stage, ada: Browser, address: str) -> None:
    rob = stage.signed_in(ROB)
    for client, listing, restoring, page in ((rob, 404, 404, 404), (stage.client(), 401, 401, 303)):
        assert client.simulate_get(f"{address}/revisions").status_code == listing
        assert client.simulate_post(f"{address}/revisions/1/restore", json={}).status_code == restoring
        assert client.simulate_get(f"{address}/history").status_code == page
    assert titles(ada, address)[0] == (3, "Text 3")


@pytest.mark.parametrize("number", ["0", "-1", "x", "99999999", "1.5"])
def test_numbers_that_are_none(ada: Browser, address: str, number: str) -> None:
    assert ada.simulate_post(f"{address}/revisions/{number}/restore", json={}).status_code == 404
