-- One table of work. A job and the change that wants it are one commit.
-- xid lets a builder ask which jobs its snapshot has not seen; it never goes backwards and has no gaps to miss.

CREATE TABLE job (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind        text NOT NULL CHECK (kind IN ('page', 'release', 'mail')),
    rule_id     bigint REFERENCES rule ON DELETE CASCADE,
    payload     jsonb NOT NULL DEFAULT '{}',
    xid         xid8 NOT NULL DEFAULT pg_current_xact_id(),
    created_at  timestamptz NOT NULL DEFAULT now(),
    run_at      timestamptz NOT NULL DEFAULT now(),
    attempts    integer NOT NULL DEFAULT 0,
    live_at     timestamptz,
    done_at     timestamptz,
    dead_at     timestamptz,
    error       text NOT NULL DEFAULT '',
    report      jsonb
);
CREATE INDEX job_open ON job (kind, run_at, id) WHERE done_at IS NULL AND dead_at IS NULL;
CREATE INDEX job_of_rule ON job (rule_id) WHERE done_at IS NULL AND dead_at IS NULL;
CREATE INDEX job_xid ON job (xid);
CREATE INDEX job_done ON job (done_at) WHERE done_at IS NOT NULL;

-- One row per running worker of a kind, renewed every second; worthless after a crash, so it is not logged.
CREATE UNLOGGED TABLE worker (
    name      text PRIMARY KEY,
    beat_at   timestamptz NOT NULL,
    details   jsonb NOT NULL DEFAULT '{}'
);
