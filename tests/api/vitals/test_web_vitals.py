"""GET and POST /api/web-vitals: measurements become counts, and counts a p75."""

import random
from typing import Any

import pytest

from api.vitals.actions import BOUNDS, GOOD_AND_POOR, KINDS, page_kind, percentile
from tests.support.cast import Stage

DOOR = "/api/web-vitals"


def measurement(**more: Any) -> dict[str, Any]:
    data = {"value": more.pop("value", 1800.5), "rating": more.pop("rating", "good")}
    return {
        "metric": "lcp",
        "data": data,
        "url": "http://localhost:3000/rules/riverside-abc123/?q=secret#part",
        "userAgent": "Secret Browser 1.0",
        "timestamp": "2026-11-26T10:00:00.000Z",
        **more,
    }


def test_a_measurement_becomes_a_count(stage: Stage) -> None:
    for _ in range(3):
        answer = stage.client().simulate_post(DOOR, json=measurement())
        assert (answer.status_code, answer.json) == (200, {"success": True, "storage": "postgresql"})
    ((row, today),) = stage.rows("SELECT v::text, day = (now() AT TIME ZONE 'UTC')::date FROM web_vital AS v")
    assert today
    assert row.split(",")[1:] == ["lcp", "/rules/<rule>/", "23", "3)"]  # and nothing else is kept
    assert "riverside" not in row


def test_the_counts_can_be_read(stage: Stage) -> None:
    assert stage.client().simulate_get(DOOR).json == {"metrics": {}, "storage": "postgresql"}
    for value in (100, 150, 180, 190, 450, 900):
        stage.client().simulate_post(DOOR, json=measurement(metric="INP", value=value))
    stage.client().simulate_post(DOOR, json=measurement(metric="CLS", value=0.04, url="/"))
    stage.client().simulate_post(DOOR, json=measurement(metric="inp", value=20, url="/templates/"))
    metrics = stage.client().simulate_get(DOOR).json["metrics"]
    assert metrics.keys() == {"cls", "inp"}
    inp = metrics["inp"]
    assert (inp["count"], inp["goodCount"], inp["needsImprovementCount"], inp["poorCount"]) == (7, 5, 1, 1)
    assert [(row["page"], row["count"]) for row in inp["pages"]] == [("/rules/<rule>/", 6), ("/templates/", 1)]
    assert 400 < inp["pages"][0]["p75"] <= 450
    assert 0 < metrics["cls"]["p75"] <= 0.05


def test_days_can_be_asked_for(stage: Stage) -> None:
    stage.rows(
        "INSERT INTO web_vital (day, metric, page, bucket, count) SELECT (now() AT TIME ZONE 'UTC')::date - n, 'lcp',"
        " '/', 3, 1 FROM generate_series(0, 60) AS n RETURNING 1"
    )

    def count(**params: Any) -> int:
        answer = stage.client().simulate_get(DOOR, params=params)
        return int(answer.json["metrics"]["lcp"]["count"])

    assert (count(), count(days=1), count(days=7), count(days=90)) == (28, 1, 7, 61)
    days = [row["day"] for row in stage.client().simulate_get(DOOR).json["metrics"]["lcp"]["pages"]]
    assert days == sorted(set(days))
    for wrong in ("0", "-1", "1.5", "x", "91", "9" * 30):
        assert stage.client().simulate_get(DOOR, params={"days": wrong}).status_code == 400, wrong


@pytest.mark.parametrize(
    "more",
    [
        *({"metric": "fid"}, {"metric": "../../etc/passwd"}, {"metric": 5}, {"value": -1}, {"value": 1e300}),
        *({"value": True}, {"rating": "fine"}, {"url": ""}, {"url": "x" * 8193}, {"url": "http://[x/"}, {"url": None}),
        *({"url": "/a\0b"}, {"userAgent": "x" * 513}, {"timestamp": "yesterday"}, {"timestamp": None}, {"name": "Ada"}),
        *({"timestamp": ""}, {"data": {}}, {"data": None}, {"metric": "LCP\0"}, {"timestamp": []}, {"value": "5"}),
    ],
)  # fmt: skip
def test_what_is_no_measurement_is_refused(stage: Stage, more: dict[str, Any]) -> None:
    answer = stage.client().simulate_post(DOOR, json=measurement(**more))
    assert (answer.status_code, answer.json["error"]["code"]) == (400, "validation_error"), answer.text
    assert stage.rows("SELECT count(*) FROM web_vital") == [(0,)]


@pytest.mark.parametrize("timestamp", [1764151200000, 1764151200.5, "2026-11-26", "2026-11-26T10:00:00+01:00"])
def test_times_may_be_numbers_or_text(stage: Stage, timestamp: object) -> None:
    assert stage.client().simulate_post(DOOR, json=measurement(timestamp=timestamp)).status_code == 200


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        *(("https://communityrule.info", "/"), ("/rules/page/12/?x", "/rules/page/<page>/"), ("/nope/", "other")),
        *(("/rules/by/size/small/", "/rules/by/<filter>/<value>/"), ("/rules/a-b/v/3/", "/rules/<rule>/v/<version>/")),
        *(("/create/plain/", "/create/plain/"), ("/create/values/", "/create/<step>/"), ("/a/b/c/d/e/", "other")),
        *(("/templates/consensus/#x", "/templates/<template>/"), ("/rules/a/../b/", "other")),
        ("//evil/rules/", "/rules/"),
    ],
)  # fmt: skip
def test_pages_are_counted_by_kind(url: str, kind: str) -> None:
    assert page_kind(url) == kind


def test_the_table_cannot_grow_beyond_its_bounds(stage: Stage) -> None:
    """Whatever is sent: kinds of pages, metrics and buckets are fixed lists."""
    made = random.Random(5)
    for number in range(200):
        url = "/" + "/".join(
            made.choice(["rules", "x", str(number), "page", "by", "templates"]) for _ in range(number % 5)
        )
        value = made.choice([0, 0.01, 50, 3000, 599_999]) * made.random()
        sent = measurement(metric=made.choice(["cls", "inp", "lcp"]), value=value, url=f"{url}/")
        assert stage.client().simulate_post(DOOR, json=sent).status_code == 200
    pages = {row[0] for row in stage.rows("SELECT DISTINCT page FROM web_vital")}
    assert len(pages) > 4
    assert pages <= {*KINDS, "other"}
    assert all(len(bounds) < 63 for bounds in BOUNDS.values())
    assert stage.rows("SELECT sum(count)::integer FROM web_vital") == [(200,)]


def test_thresholds_are_bounds_so_that_counts_are_exact() -> None:
    for metric, thresholds in GOOD_AND_POOR.items():
        assert set(thresholds) <= set(BOUNDS[metric])
        assert list(BOUNDS[metric]) == sorted(set(BOUNDS[metric]))


@pytest.mark.parametrize("metric", ["cls", "inp", "lcp"])
def test_p75_of_a_histogram_is_near_the_true_one(metric: str) -> None:
    from bisect import bisect_left

    made, bounds = random.Random(7), BOUNDS[metric]
    values = [made.lognormvariate(0, 0.6) * GOOD_AND_POOR[metric][0] for _ in range(5000)]
    counts: dict[int, int] = {}
    for value in values:
        counts[bisect_left(bounds, value)] = counts.get(bisect_left(bounds, value), 0) + 1
    true = sorted(values)[3749]
    assert percentile(bounds, counts, 0.75) == pytest.approx(true, rel=0.06)


def test_too_many_measurements_from_one_address(stage: Stage) -> None:
    answers = [stage.client().simulate_post(DOOR, json=measurement()).status_code for _ in range(241)]
    assert answers == [200] * 240 + [429]
