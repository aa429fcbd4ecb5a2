"""Many tabs at once: every text that was accepted is the current one, or can be restored."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.support.cast import ADA, Stage
from tests.support.documents import small_document

TABS = 20


def texts_of(stage: Stage) -> set[str]:
    rows = stage.rows("SELECT document::jsonb -> 'community' ->> 'name' FROM draft_revision")
    return {row[0] for row in rows}


@pytest.mark.parametrize("address", ["/api/drafts/me", "/api/drafts/{id}"])
def test_without_if_match_all_are_accepted_and_kept(stage: Stage, address: str) -> None:
    ada = stage.signed_in(ADA)
    id = ada.simulate_post("/api/drafts", json={"payload": {"community": {"name": "The first"}}}).json["draft"]["id"]

    def save(tab: int) -> Any:
        return ada.simulate_put(address.format(id=id), json={"payload": {"community": {"name": f"Tab {tab}"}}})

    with ThreadPoolExecutor(TABS) as pool:
        answers = list(pool.map(save, range(TABS)))
    assert [answer.status_code for answer in answers] == [200] * TABS
    assert sorted(answer.json["draft"]["revision"] for answer in answers) == list(range(2, TABS + 2))
    assert texts_of(stage) == {"The first", *(f"Tab {tab}" for tab in range(TABS))}
    # And each of them comes back.
    rows = ada.simulate_get(f"/api/drafts/{id}/revisions").json["revisions"]
    assert len(rows) == TABS + 1
    oldest = ada.simulate_post(f"/api/drafts/{id}/revisions/{rows[-1]['revision']}/restore", json={})
    assert oldest.json["draft"]["title"] == "The first"


def test_with_if_match_one_is_accepted_and_the_others_get_both_texts(stage: Stage) -> None:
    ada = stage.signed_in(ADA)
    first = ada.simulate_put("/api/drafts/me", json={"payload": {"community": {"name": "The first"}}})
    headers = {"If-Match": first.headers["etag"], "Cookie": ada.cookie}

    def save(tab: int) -> Any:
        body = {"payload": {"community": {"name": f"Tab {tab}"}}}
        return tab, ada.simulate_put("/api/drafts/me", json=body, headers=headers)

    with ThreadPoolExecutor(TABS) as pool:
        answers = list(pool.map(save, range(TABS)))
    accepted = [tab for tab, answer in answers if answer.status_code == 200]
    assert len(accepted) == 1
    assert texts_of(stage) == {"The first", f"Tab {accepted[0]}"}
    for tab, answer in answers:
        if tab not in accepted:
            assert answer.status_code == 409
            assert answer.json["details"]["yours"]["payload"]["community"]["name"] == f"Tab {tab}"
            assert answer.json["details"]["theirs"]["payload"]["community"]["name"] == f"Tab {accepted[0]}"


def test_the_first_texts_of_all_tabs_meet_in_one_draft(stage: Stage) -> None:
    ada = stage.signed_in(ADA)
    with ThreadPoolExecutor(TABS) as pool:
        answers = list(
            pool.map(
                lambda tab: ada.simulate_put("/api/drafts/me", json={"payload": {"community": {"name": f"{tab}"}}}),
                range(TABS),
            )
        )
    assert [answer.status_code for answer in answers] == [200] * TABS
    assert stage.rows("SELECT count(*) FROM draft") == [(1,)]
    assert texts_of(stage) == {f"{tab}" for tab in range(TABS)}


def test_a_draft_that_is_published_and_saved_at_once_is_lost_in_neither(stage: Stage) -> None:
    ada = stage.signed_in(ADA)
    for round in range(5):
        body = {"payload": small_document(f"Round {round}")}
        id = ada.simulate_post("/api/drafts", json=body).json["draft"]["id"]

        def publish(id: str = id, round: int = round) -> Any:
            return ada.simulate_post("/api/rules", json={"document": small_document(f"Round {round}"), "draft": id})

        def save(id: str = id) -> Any:
            return ada.simulate_put(f"/api/drafts/{id}", json={"payload": {"community": {"name": "Later"}}})

        with ThreadPoolExecutor(2) as pool:
            published, saved = pool.submit(publish), pool.submit(save)
        assert published.result().status_code == 200
        assert saved.result().status_code in (200, 404)
    assert stage.rows("SELECT count(*) FROM rule") == [(5,)]
    assert stage.rows("SELECT count(*) FROM draft") == [(0,)]


def test_two_revisions_of_a_rule_at_once_meet_in_a_conflict(stage: Stage) -> None:
    ada = stage.signed_in(ADA)
    rule = ada.simulate_post("/api/rules", json={"document": small_document()}).json["rule"]
    headers = {"If-Match": f'"{rule["sha256"]}"', "Cookie": ada.cookie}

    def revise(tab: int) -> Any:
        body = {"document": small_document(f"Tab {tab}"), "reason": "Why not."}
        return ada.simulate_patch(f"/api/rules/{rule['id']}", json=body, headers=headers)

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(revise, range(8)))
    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 7
