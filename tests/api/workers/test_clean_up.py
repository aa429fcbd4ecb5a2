"""What the errands worker removes, and what it leaves."""

from api.database import connect
from api.workers.queries import delete_expired
from tests.support.cast import Stage

OLD = """
    INSERT INTO queued_mail (kind, recipient, queued_at) VALUES
        ('link', 'x', now() - interval '25 hours'), ('link', 'x', now() - interval '23 hours');
    INSERT INTO inquiry (email, message, sha256, created_at) VALUES
        ('a@example.org', 'old', 'a', now() - interval '91 days'),
        ('a@example.org', 'new', 'b', now() - interval '89 days');
    INSERT INTO web_vital (day, metric, page, bucket, count) VALUES
        ((now() AT TIME ZONE 'UTC')::date - 91, 'lcp', '/', 1, 1),
        ((now() AT TIME ZONE 'UTC')::date - 90, 'lcp', '/', 1, 1)
"""


def test_what_is_too_old_goes(stage: Stage) -> None:
    with connect(stage.parts.config.database_url) as connection:
        connection.execute(OLD)
        delete_expired(connection)
    assert stage.rows("SELECT queued_at > now() - interval '1 day' FROM queued_mail") == [(True,)]
    assert stage.rows("SELECT message FROM inquiry") == [("new",)]
    assert stage.rows("SELECT (now() AT TIME ZONE 'UTC')::date - day FROM web_vital") == [(90,)]
