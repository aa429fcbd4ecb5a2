"""Rate limits: the counting, in memory and on a real server, and what the app does with it."""

import logging
import re
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path

import pytest

from api import rate_limits, routes
from api.config import read_config
from api.database import Database, Transaction
from api.errors import CannotStart, RateLimited
from api.rate_limits import LIMITS, VERSIONS, Limit, Limiter, Use, client_key, duration, limits_of
from tests.support.cast import ADA, FORM, OLGA, ROB, Stage
from tests.support.documents import small_document
from tests.support.postgres import PostgresServer
from tests.support.valkey import ValkeyServer

REQUEST, VERIFY = "/api/auth/magic-link/request", "/api/auth/magic-link/verify"
# Routes that the table knows before they are there.
TO_COME = {
    *("POST /api/rules/{}/stakeholders", "POST /api/rules/{}/stakeholders/{}/resend", "POST /api/uploads"),
    "POST /api/user/email-change/request",
}


@pytest.fixture
def valkey(tmp_path: Path) -> Iterator[ValkeyServer]:
    server = ValkeyServer(tmp_path)
    server.start()
    yield server
    server.stop()


def url_of(valkey: ValkeyServer) -> str:
    return read_config({"RATE_LIMIT_URL": valkey.url}).rate_limit_url


@pytest.fixture(params=["memory", "server"])
def limiter(request: pytest.FixtureRequest) -> Iterator[Limiter]:
    """The same contract for both."""
    opened = Limiter("" if request.param == "memory" else url_of(request.getfixturevalue("valkey")))
    yield opened
    opened.close()


def use(amount: int, seconds: int = 60, key: str = "a", what: str = "things", counts: str = "tries") -> Use:
    return Use(Limit(what, "client", counts, amount, seconds), key)  # type: ignore[arg-type]


def is_admitted(limiter: Limiter, *uses: Use) -> bool:
    try:
        limiter.admit(uses)
    except RateLimited:
        return False
    return True


# -- the contract -----------------------------------------------------------------------------------------------------


def test_as_many_as_the_limit_says(limiter: Limiter) -> None:
    assert [is_admitted(limiter, use(3)) for _ in range(5)] == [True, True, True, False, False]
    with pytest.raises(RateLimited, match="this site takes 3 things within 1 minute from one address") as refused:
        limiter.admit([use(3)])
    assert refused.value.details is not None
    assert 55_000 < refused.value.details["retryAfterMs"] <= 60_000
    assert 55 < refused.value.seconds <= 60


def test_the_wait_that_is_told_is_true(limiter: Limiter) -> None:
    limiter.admit([use(2, seconds=1)])
    limiter.admit([use(2, seconds=1)])
    with pytest.raises(RateLimited) as refused:
        limiter.admit([use(2, seconds=1)])
    assert refused.value.details is not None
    time.sleep(refused.value.details["retryAfterMs"] / 1000 + 0.01)
    assert is_admitted(limiter, use(2, seconds=1))


def test_nobody_uses_up_what_is_anothers(limiter: Limiter) -> None:
    person = Use(Limit("things", "person", "tries", 1, 60), "a")
    assert is_admitted(limiter, use(1))
    assert not is_admitted(limiter, use(1))
    assert is_admitted(limiter, use(1, key="b"))
    assert is_admitted(limiter, person)
    assert is_admitted(limiter, use(1, what="other things"))


def test_a_refusal_uses_nothing_up(limiter: Limiter) -> None:
    """All limits are looked at before any counts, and the longest wait is told."""
    narrow, wide = use(1, seconds=30, what="narrow"), use(2, seconds=600, what="wide")
    assert is_admitted(limiter, wide, narrow)
    for _ in range(5):
        assert not is_admitted(limiter, wide, narrow)
    assert is_admitted(limiter, wide)
    with pytest.raises(RateLimited) as refused:
        limiter.admit([narrow, wide])
    assert 590 < refused.value.seconds <= 600


def test_successes_count_when_they_are_told(limiter: Limiter) -> None:
    success = use(2, counts="successes")
    for _ in range(5):
        assert is_admitted(limiter, success)
    limiter.count_successes([success, use(2, what="tries"), success])
    assert not is_admitted(limiter, success)
    assert is_admitted(limiter, use(2, what="tries"))


def test_many_at_once_get_no_more(limiter: Limiter) -> None:
    start = threading.Barrier(24)

    def one(_: int) -> bool:
        start.wait()
        return is_admitted(limiter, use(7))

    with ThreadPoolExecutor(24) as pool:
        assert sorted(pool.map(one, range(24))) == [False] * 17 + [True] * 7


# -- a shared server --------------------------------------------------------------------------------------------------


def test_several_processes_count_together(valkey: ValkeyServer) -> None:
    one, other = Limiter(url_of(valkey)), Limiter(url_of(valkey))
    assert [is_admitted(each, use(3)) for each in (one, other, one, other, one)] == [True, True, True, False, False]
    one.close()
    other.close()


def test_a_server_that_is_away_stops_nobody(
    valkey: ValkeyServer, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rate_limits, "AWAY_SECONDS", 0.3)
    limiter = Limiter(url_of(valkey))
    assert is_admitted(limiter, use(2))
    valkey.stop()
    assert not valkey.answers()
    assert [is_admitted(limiter, use(2)) for _ in range(4)] == [True, True, False, False]
    time.sleep(0.31)
    assert not is_admitted(limiter, use(2))  # asked again, still away
    assert [record.levelno for record in caplog.records if "is away" in record.message] == [logging.WARNING]
    assert str(valkey.port) not in caplog.text  # an address may hold a password

    valkey.start()
    time.sleep(0.31)
    assert is_admitted(limiter, use(2))
    assert [record.message for record in caplog.records if "is back" in record.message] == [
        "the server of RATE_LIMIT_URL is back"
    ]
    limiter.close()


def test_a_server_that_answers_nothing_costs_one_short_wait(valkey: ValkeyServer) -> None:
    limiter = Limiter(url_of(valkey))
    valkey.freeze()
    assert not valkey.answers()
    started = time.monotonic()
    assert [is_admitted(limiter, use(3)) for _ in range(4)] == [True, True, True, False]
    assert time.monotonic() - started < 2
    limiter.close()


def test_the_app_goes_on_without_its_server(
    stage: Stage, valkey: ValkeyServer, caplog: pytest.LogCaptureFixture
) -> None:
    shared = Stage.of(replace(stage.parts, limiter=Limiter(url_of(valkey))))
    assert shared.client().simulate_post(REQUEST, json={"email": ADA}).status_code == 200
    valkey.stop()
    assert not valkey.answers()
    answers = [shared.client().simulate_post(REQUEST, json={"email": f"p{n}@example.org"}) for n in range(5)]
    assert [answer.status_code for answer in answers] == [200] * 5
    assert caplog.text.count("RATE_LIMIT_URL is away") == 1
    shared.parts.limiter.close()


@pytest.mark.parametrize("url", ["localhost:6379", "http://localhost", "redis://", "memory://x", "valkey:/x"])
def test_a_wrong_address_is_told_by_its_name(url: str) -> None:
    with pytest.raises(CannotStart, match="RATE_LIMIT_URL"):
        read_config({"RATE_LIMIT_URL": url})


# -- who is who -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "key"),
    [
        *(("203.0.113.7", "203.0.113.7"), ("::ffff:203.0.113.7", "203.0.113.7"), ("", "unknown"), ("x", "unknown")),
        *(("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"), ("2001:db8:1:2::9", "2001:db8:1:2::/64")),
        *(("2001:db8:1:3::9", "2001:db8:1:3::/64"), ("fe80::1%eth0", "fe80::/64"), ("localhost", "unknown")),
    ],
)  # fmt: skip
def test_what_a_client_is_known_by(address: str, key: str) -> None:
    assert client_key(address) == key


def test_headers_of_the_client_change_nothing(stage: Stage) -> None:
    """In process, where there is no proxy before us, and so nothing to trust."""
    for number in range(120):
        headers = {"X-Forwarded-For": f"198.51.100.{number}", "X-Real-IP": f"198.51.100.{number}", "Forwarded": "for=x"}
        assert stage.client().simulate_post(VERIFY, json={"token": "x"}, headers=headers).status_code == 400
    assert stage.client().simulate_post(VERIFY, json={"token": "x"}, headers=headers).status_code == 429


# -- the table --------------------------------------------------------------------------------------------------------


def test_every_row_is_a_route() -> None:
    added = re.findall(r'add_route\("([^"]+)"', Path(routes.__file__).read_text())
    known = {re.sub(r"{[^}]*}", "{}", template) for template in added}
    assert {row for row in LIMITS if row.split()[1] not in known} <= TO_COME


def test_parameters_may_have_any_name() -> None:
    assert limits_of("PATCH", "/api/rules/{rule_id}") == limits_of("PATCH", "/api/rules/{id}") == VERSIONS
    assert limits_of("GET", "/api/rules/{rule_id}") == ()


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        *((0.2, "1 second"), (1, "1 second"), (59, "59 seconds"), (60, "1 minute"), (61, "2 minutes")),
        *((300, "5 minutes"), (3600, "1 hour"), (3700, "2 hours"), (86400, "24 hours")),
    ],
)  # fmt: skip
def test_waits_in_words(seconds: float, words: str) -> None:
    assert duration(seconds) == words


# -- the app ----------------------------------------------------------------------------------------------------------


def test_forty_people_behind_one_address_sign_in(stage: Stage) -> None:
    for number in range(40):
        assert stage.signed_in(f"guest{number}@example.org").cookie
    assert stage.rows("SELECT count(*) FROM session") == [(40,)]


def test_too_many_requests_for_links(stage: Stage) -> None:
    for number in range(80):
        answer = stage.client().simulate_post(REQUEST, json={"email": f"p{number}@example.org"})
        assert answer.status_code == 200
    mails = stage.rows("SELECT count(*) FROM job")
    answer = stage.client().simulate_post(REQUEST, json={"email": ADA})
    assert (answer.status_code, answer.json["error"]["code"]) == (429, "rate_limited")
    wait = answer.json["details"]["retryAfterMs"]
    assert 0 < wait <= 300_000
    assert int(answer.headers["retry-after"]) == -(-wait // 1000)
    assert stage.rows("SELECT count(*) FROM job") == mails

    page = stage.client().simulate_post(REQUEST, body="email=ada%40example.org", headers=FORM)
    assert page.status_code == 429
    assert page.headers["content-type"].startswith("text/html")
    assert "Enough for now" in page.text
    assert "what you typed is still in it" in page.text

    elsewhere = stage.client().simulate_post(REQUEST, json={"email": ADA}, remote_addr="203.0.113.9")
    assert elsewhere.status_code == 200
    assert stage.client().simulate_get("/api/health").status_code == 200


def test_publishing_is_limited_by_person_and_day(stage: Stage) -> None:
    ada, rob, olga = (stage.signed_in(email) for email in (ADA, ROB, OLGA))
    ids = {email: str(id) for id, email in stage.rows("SELECT id, email FROM person")}
    (limit,) = VERSIONS
    for email in (ADA, OLGA):
        stage.parts.limiter.count_successes([Use(limit, ids[email])] * (limit.amount - 2))
    for _ in range(5):
        assert ada.simulate_post("/api/rules", json={"document": {}}).status_code == 400  # no mistake counts
    rule = ada.simulate_post("/api/rules", json={"document": small_document()}).json["rule"]
    revised = {"document": small_document("Renamed"), "reason": "A better name."}
    assert ada.simulate_patch(f"/api/rules/{rule['id']}", json=revised).status_code == 200

    refused = ada.simulate_post("/api/rules", json={"document": small_document()})
    assert (refused.status_code, refused.json["error"]["code"]) == (429, "rate_limited")
    assert "60 published versions within 24 hours from one person" in refused.json["error"]["message"]
    assert ada.simulate_patch(f"/api/rules/{rule['id']}", json=revised).status_code == 429
    form = {"community.name": "By form", "values.0.title": "Care"}
    assert ada.submit("/api/create/plain", form).status_code == 429
    assert ada.simulate_get("/api/rules").status_code == 200
    assert ada.simulate_delete(f"/api/rules/{rule['id']}/publication").status_code == 200

    assert rob.submit("/api/create/plain", form).status_code in (200, 303)
    for _ in range(4):  # operators move whole libraries
        assert olga.simulate_post("/api/rules", json={"document": small_document()}).status_code == 200


def test_the_plain_form_counts_as_a_publish(stage: Stage) -> None:
    ada = stage.signed_in(ADA)
    ((id,),) = stage.rows("SELECT id FROM person")
    (limit,) = VERSIONS
    stage.parts.limiter.count_successes([Use(limit, str(id))] * (limit.amount - 1))
    assert ada.submit("/api/create/plain", {"community.name": "", "values.0.title": "Care"}).status_code == 400
    form = {"community.name": "By form", "values.0.title": "Care"}
    assert ada.submit("/api/create/plain", form).status_code in (200, 303)
    assert ada.submit("/api/create/plain", form).status_code == 429


class CountedDatabase(Database):
    """Counts how often it is turned to."""

    asked = 0

    def connection(self) -> AbstractContextManager[Transaction]:
        self.asked += 1
        return super().connection()


def test_a_database_that_hangs_is_waited_for_once(postgres: PostgresServer, stage: Stage) -> None:
    """The limits ask who publishes, and so does the resource: nobody waits twice."""
    database = CountedDatabase(stage.parts.database._pool)
    ada = stage.signed_in(ADA)
    counted = Stage.of(replace(stage.parts, database=database)).client()
    postgres.freeze()
    try:
        answer = counted.simulate_post(
            "/api/rules", json={"document": small_document()}, headers={"Cookie": ada.cookie}
        )
    finally:
        postgres.thaw()
    assert (answer.status_code, answer.json["error"]["code"]) == (503, "db_unavailable")
    assert database.asked == 1
