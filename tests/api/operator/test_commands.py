"""`python -m api explain` and `python -m api jobs`: what they say, and what they change."""

import pytest

from api.database import connect
from api.errors import CannotStart
from api.jobs.queries import dead_jobs
from api.operator.actions import explain, retry_job
from tests.support.cast import ADA, Stage
from tests.support.documents import small_document


def test_explain_names_each_page_with_its_reason(stage: Stage) -> None:
    ada = stage.signed_in(ADA)
    rule = ada.simulate_post("/api/rules", json={"document": small_document()}).json["rule"]
    with connect(stage.parts.config.database_url) as connection:
        found = explain(connection=connection, rule=rule["slug"])
        assert explain(connection=connection, rule=rule["id"]) == found
        assert dict(found)[f"rules/{rule['slug']}/v/1/index.html"] == "is version 1"
        assert dict(found)["rules/page/1/index.html"] == "holds place 1"
        assert {path for path, _ in found} >= {"index.html", "rules/index.html", "feed.xml", "sitemap-1.xml"}
        with pytest.raises(CannotStart, match="no rule 'nope'"):
            explain(connection=connection, rule="nope")


def test_a_parked_job_can_be_tried_again(stage: Stage) -> None:
    stage.signed_in(ADA).simulate_post("/api/rules", json={"document": small_document()})
    ((id,),) = stage.rows(
        "UPDATE job SET dead_at = now(), attempts = 8, error = 'KeyError' WHERE kind = 'page' RETURNING id"
    )
    with connect(stage.parts.config.database_url) as connection:
        assert [(job.id, job.error) for job in dead_jobs(connection)] == [(id, "KeyError")]
        retry_job(connection=connection, job_id=id)
        assert dead_jobs(connection) == []
        with pytest.raises(CannotStart, match="no parked job"):
            retry_job(connection=connection, job_id=id)
    assert stage.rows("SELECT attempts, dead_at FROM job WHERE id = %s", id) == [(0, None)]
