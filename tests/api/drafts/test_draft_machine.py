"""Any order of creating, saving, restoring, deleting and publishing leaves exactly what a dict says."""

from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule, run_state_machine_as_test

from api.document.draft_document import read_draft
from api.document.gaps import gaps
from api.drafts.actions import KEPT
from tests.support.cast import ADA, ROB, Browser, Stage
from tests.support.documents import small_document
from tests.support.drafts import draft_documents

texts = st.one_of(draft_documents(), st.integers(0, 3).map(lambda number: small_document(f"Tools {number}")))


class Drafts(RuleBasedStateMachine):
    """The model: each draft's texts in order, the draft that was saved last, and the titles of what was published."""

    stage: Stage
    ada: Browser
    rob: Browser

    ids = Bundle("ids")

    def __init__(self) -> None:
        super().__init__()
        self.stage.rows("DELETE FROM draft RETURNING 1")
        self.stage.rows("DELETE FROM rule RETURNING 1")
        self.texts: dict[str, list[tuple[int, dict[str, Any]]]] = {}
        self.order: list[str] = []
        self.published: list[str] = []

    @rule(target=ids, payload=texts)
    def create(self, payload: dict[str, Any]) -> str:
        answer = self.ada.simulate_post("/api/drafts", json={"payload": payload})
        assert answer.status_code == 201, answer.text
        id: str = answer.json["draft"]["id"]
        self.texts[id] = [(1, read_draft(payload))]
        self._touch(id)
        return id

    @rule(id=ids, payload=texts, seen=st.sampled_from(["none", "right", "stale", "any"]))
    def save(self, id: str, payload: dict[str, Any], seen: str) -> None:
        self._save(f"/api/drafts/{id}", id, payload, seen)

    @rule(payload=texts, seen=st.sampled_from(["none", "right", "stale"]))
    def save_the_latest(self, payload: dict[str, Any], seen: str) -> None:
        if self.order:
            self._save("/api/drafts/me", self.order[-1], payload, seen)

    @rule(id=ids, back=st.integers(0, KEPT + 3), seen=st.sampled_from(["none", "right", "stale"]))
    def restore(self, id: str, back: int, seen: str) -> None:
        number = self._number(id) - back
        if number < 1:
            return
        address = f"/api/drafts/{id}/revisions/{number}/restore"
        answer = self.ada.simulate_post(address, json={}, headers=self._headers(id, seen))
        then = dict(self.texts.get(id, [])).get(number)
        if id not in self.texts or then is None:
            assert answer.status_code == 404
        else:
            self._expect(answer, id, then, seen)

    @rule(id=consumes(ids))
    def delete(self, id: str) -> None:
        answer = self.ada.simulate_delete(f"/api/drafts/{id}")
        assert answer.status_code == (200 if id in self.texts else 404)
        self._forget(id)

    @rule()
    def delete_the_latest(self) -> None:
        assert self.ada.simulate_delete("/api/drafts/me").json == {"ok": True}
        if self.order:
            self._forget(self.order[-1])

    @rule(id=ids)
    def publish(self, id: str) -> None:
        if id not in self.texts:
            body = {"document": small_document("Never"), "draft": id}
            assert self.ada.simulate_post("/api/rules", json=body).status_code == 409
            return
        text = self.texts[id][-1][1]
        answer = self.ada.simulate_post("/api/rules", json={"document": text, "draft": id})
        if gaps(text) or not any(
            text.get(section) for section in ("values", "communication", "membership", "decisions", "conflict")
        ):
            assert answer.status_code == 400
            return
        assert answer.status_code == 200, answer.text
        self.published.append(text["community"]["name"])
        self._forget(id)

    @rule(id=ids, payload=texts)
    def somebody_else_tries(self, id: str, payload: dict[str, Any]) -> None:
        address = f"/api/drafts/{id}"
        assert self.rob.simulate_get(address).status_code == 404
        assert self.rob.simulate_put(address, json={"payload": payload}).status_code == 404
        assert self.rob.simulate_delete(address).status_code == 404
        body = {"document": small_document("Never"), "draft": id}
        assert self.rob.simulate_post("/api/rules", json=body).status_code == 409

    @invariant()
    def everything_is_as_the_model_says(self) -> None:
        rows = self.stage.rows("SELECT draft_id, number, document::jsonb FROM draft_revision ORDER BY draft_id, number")
        found: dict[str, list[tuple[int, dict[str, Any]]]] = {}
        for id, number, document in rows:
            found.setdefault(str(id), []).append((number, document))
        assert found == self.texts
        listed = self.ada.simulate_get("/api/drafts").json["drafts"]
        assert [row["id"] for row in listed] == self.order[::-1]
        assert [row["gaps"] for row in listed] == [len(gaps(self.texts[id][-1][1])) for id in self.order[::-1]]
        latest = self.ada.simulate_get("/api/drafts/me").json["draft"]
        assert (latest and (latest["id"], latest["payload"])) == (
            (self.order[-1], self.texts[self.order[-1]][-1][1]) if self.order else None
        )
        assert [row[0] for row in self.stage.rows("SELECT title FROM rule ORDER BY id")] == self.published

    def _save(self, address: str, id: str, payload: dict[str, Any], seen: str) -> None:
        answer = self.ada.simulate_put(address, json={"payload": payload}, headers=self._headers(id, seen))
        if id in self.texts:
            self._expect(answer, id, read_draft(payload), seen)
        else:
            assert answer.status_code == 404

    def _expect(self, answer: Any, id: str, text: dict[str, Any], seen: str) -> None:
        """What a save of that text answers, and what it leaves behind."""
        number, now = self.texts[id][-1]
        if text == now:
            assert (answer.status_code, answer.json["draft"]["revision"]) == (200, number)
        elif seen == "stale":
            assert answer.status_code == 409
            assert answer.json["details"]["yours"]["payload"] == text
            assert answer.json["details"]["theirs"]["payload"] == now
        else:
            assert (answer.status_code, answer.json["draft"]["revision"]) == (200, number + 1), answer.text
            self.texts[id] = [*self.texts[id], (number + 1, text)][-KEPT - 1 :]
            self._touch(id)

    def _headers(self, id: str, seen: str) -> dict[str, str]:
        number = self._number(id)
        tag = {"right": f'"{id}-{number}"', "stale": f'"{id}-{number - 1}"', "any": "*"}.get(seen)
        return {"Cookie": self.ada.cookie, **({"If-Match": tag} if tag else {})}

    def _number(self, id: str) -> int:
        return self.texts[id][-1][0] if id in self.texts else 1

    def _touch(self, id: str) -> None:
        self.order = [*(other for other in self.order if other != id), id]

    def _forget(self, id: str) -> None:
        self.texts.pop(id, None)
        self.order = [other for other in self.order if other != id]


@pytest.mark.slow
def test_any_order_of_deeds(stage: Stage) -> None:
    class Machine(Drafts):
        pass

    Machine.stage, Machine.ada, Machine.rob = stage, stage.signed_in(ADA), stage.signed_in(ROB)
    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=25,
            stateful_step_count=30,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
        ),
    )
