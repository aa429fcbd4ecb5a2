"""POST /api/operator/rebuild: for operators alone."""

from tests.support.cast import ADA, OLGA, Stage


def test_an_operator_queues_a_release(stage: Stage) -> None:
    answer = stage.signed_in(OLGA).simulate_post("/api/operator/rebuild", json={})
    assert (answer.status_code, answer.json["ok"]) == (202, True)
    assert stage.rows("SELECT id::text FROM job WHERE kind = 'release'") == [(answer.json["job"],)]


def test_nobody_else_does(stage: Stage) -> None:
    assert stage.client().simulate_post("/api/operator/rebuild", json={}).status_code == 401
    answer = stage.signed_in(ADA).simulate_post("/api/operator/rebuild", json={})
    assert (answer.status_code, answer.json["error"]["code"]) == (403, "forbidden")
    assert stage.rows("SELECT count(*) FROM job WHERE kind = 'release'") == [(0,)]
