-- What people ask and report without an account, what the pages' speed was, and what mail was queued.

-- One row per mail of the last day, from which the ceilings are counted. The recipient is a hash.
CREATE TABLE queued_mail (
    kind       text NOT NULL,
    recipient  bytea NOT NULL,
    person_id  bigint REFERENCES person ON DELETE SET NULL,
    queued_at  timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX queued_mail_to_recipient ON queued_mail (recipient, kind, queued_at);
CREATE INDEX queued_mail_for_person ON queued_mail (person_id, kind, queued_at) WHERE person_id IS NOT NULL;
CREATE INDEX queued_mail_of_site ON queued_mail (kind, queued_at);

-- A question to an organizer, kept for a while after its mail. The same words from the same address are one row.
CREATE TABLE inquiry (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    email       text NOT NULL,
    message     text NOT NULL,
    sha256      bytea NOT NULL UNIQUE,
    created_at  timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX inquiry_age ON inquiry (created_at);

-- A report about a rule; the reporter's address goes with the mail only. sha256 is over what was sent, so that the same
-- report sent twice is one while it is open.
CREATE TABLE report (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    rule_slug   text NOT NULL,
    reason      text NOT NULL,
    words       text NOT NULL,
    sha256      bytea NOT NULL,
    state       text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'closed')),
    created_at  timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX report_once ON report (sha256) WHERE state = 'open';
CREATE INDEX report_of_rule ON report (rule_slug, id);

-- How many pages of a kind were how fast on a day (UTC). `bucket` is a place in the metric's list of bounds.
CREATE TABLE web_vital (
    day     date NOT NULL,
    metric  text COLLATE "C" NOT NULL CHECK (metric IN ('cls', 'inp', 'lcp')),
    page    text COLLATE "C" NOT NULL,
    bucket  smallint NOT NULL CHECK (bucket BETWEEN 0 AND 63),
    count   bigint NOT NULL,
    PRIMARY KEY (day, metric, page, bucket)
);
