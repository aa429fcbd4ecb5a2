"""The outbox's ceilings: rows decide, so restarts and other processes change nothing; answers tell nothing."""

from collections.abc import Iterator

import pytest

from api import rate_limits
from api.app import open_parts
from api.database import Transaction, connect
from api.mail.outbox import post
from api.rate_limits import MAIL_CEILINGS, MailCeiling
from tests.support.cast import ADA, FORM, ROB, Stage

REQUEST = "/api/auth/magic-link/request"


@pytest.fixture
def connection(stage: Stage) -> Iterator[Transaction]:
    with connect(stage.parts.config.database_url) as opened:
        yield opened


@pytest.fixture
def low(monkeypatch: pytest.MonkeyPatch) -> None:
    ceilings = {"notice": MailCeiling(recipient=2, person=3, site=5), "link": MailCeiling(2, 3, 5)}
    for kind, ceiling in ceilings.items():
        monkeypatch.setitem(rate_limits.MAIL_CEILINGS, kind, ceiling)


def send(connection: Transaction, to: str, *, by: int | None = None, kind: str = "notice") -> bool:
    return post(connection, to=to, subject="Hello", text="Words", seconds=60, by=by, kind=kind)


def mails(stage: Stage) -> int:
    return int(stage.rows("SELECT count(*) FROM job WHERE kind = 'mail'")[0][0])


@pytest.mark.usefixtures("low")
def test_one_recipient_within_an_hour(stage: Stage, connection: Transaction) -> None:
    assert [send(connection, ADA) for _ in range(3)] == [True, True, False]
    assert send(connection, ROB)
    assert send(connection, ADA, kind="link")  # each kind has its own
    assert mails(stage) == 4
    connection.execute("UPDATE queued_mail SET queued_at = queued_at - interval '61 minutes'")
    assert send(connection, ADA)


@pytest.mark.usefixtures("low")
def test_one_mailbox_is_one_recipient(connection: Transaction) -> None:
    assert send(connection, "a.d.a@example.org")
    assert send(connection, "ada+one@example.org")
    assert not send(connection, "Ada+two@example.org")
    assert send(connection, "ada@example.com")


@pytest.mark.usefixtures("low")
def test_one_person_within_a_day(stage: Stage, connection: Transaction) -> None:
    stage.signed_in(ADA)
    ((ada,),) = stage.rows("SELECT id FROM person")
    assert [send(connection, f"guest{n}@example.org", by=ada) for n in range(4)] == [True, True, True, False]
    assert send(connection, "guest9@example.org")
    connection.execute("UPDATE queued_mail SET queued_at = queued_at - interval '25 hours'")
    assert send(connection, "guest9@example.org", by=ada)


@pytest.mark.usefixtures("low")
def test_the_whole_site_within_a_day(stage: Stage, connection: Transaction, caplog: pytest.LogCaptureFixture) -> None:
    assert [send(connection, f"guest{n}@example.org") for n in range(6)] == [True] * 5 + [False]
    assert "a mail (notice) was not queued: the ceiling of the site per day is reached" in caplog.text
    assert "guest" not in caplog.text
    assert mails(stage) == 5


@pytest.mark.usefixtures("low")
def test_several_mails_of_one_transaction_count_among_themselves(connection: Transaction) -> None:
    with connection.transaction():
        assert [send(connection, ADA) for _ in range(3)] == [True, True, False]


@pytest.mark.usefixtures("low")
def test_what_is_rolled_back_does_not_count(connection: Transaction) -> None:
    for _ in range(4):
        with connection.transaction(force_rollback=True):
            assert send(connection, ADA)
    assert send(connection, ADA)


def test_another_process_goes_on_counting(stage: Stage) -> None:
    """Also after a restart: nothing is in memory."""
    ceiling = MAIL_CEILINGS["link"].recipient
    other = Stage.of(open_parts(stage.parts.config))
    for number in range(ceiling):
        client = (stage if number % 2 else other).client()
        assert client.simulate_post(REQUEST, json={"email": ADA}).status_code == 200
    other.parts.close()
    restarted = Stage.of(open_parts(stage.parts.config))
    assert restarted.client().simulate_post(REQUEST, json={"email": ADA}).json == {"ok": True}
    restarted.parts.close()
    assert mails(stage) == ceiling


def test_a_ceiling_shows_in_no_answer(stage: Stage) -> None:
    """Byte for byte what an address below its ceiling gets, as JSON and as a page."""
    for _ in range(MAIL_CEILINGS["link"].recipient):
        stage.client().simulate_post(REQUEST, json={"email": ADA})
    before = mails(stage)

    def ask(email: str) -> list[tuple[int, bytes, set[str]]]:
        form = f"email={email.replace('@', '%40')}"
        answers = [
            stage.client().simulate_post(REQUEST, json={"email": email}),
            stage.client().simulate_post(REQUEST, body=form, headers=FORM),
        ]
        return [(answer.status_code, answer.content, set(answer.headers)) for answer in answers]

    assert ask(ADA) == ask(ROB)
    assert mails(stage) == before + 2  # Rob's; Ada's fault was there


def test_a_draft_is_kept_when_its_mail_is_not_sent(stage: Stage) -> None:
    for _ in range(MAIL_CEILINGS["link"].recipient):
        stage.client().simulate_post(REQUEST, json={"email": ADA})
    token = stage.last_token(ADA)
    form = "community.name=Tool+Library&values.0.title=Care&email=ada%40example.org"
    before = mails(stage)
    assert stage.client().simulate_post("/api/create/plain", body=form, headers=FORM).status_code == 200
    assert mails(stage) == before
    assert stage.signed_in_by(token)
    kept = stage.rows("SELECT document::jsonb -> 'community' ->> 'name' FROM draft_revision")
    assert kept == [("Tool Library",)]


def test_no_address_is_kept_to_count_by(stage: Stage) -> None:
    stage.client().simulate_post(REQUEST, json={"email": ADA})
    ((row,),) = stage.rows("SELECT q::text FROM queued_mail AS q")
    assert "ada" not in row.lower()
