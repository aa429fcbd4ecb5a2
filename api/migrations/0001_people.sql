-- People, the links that let them in, and the browsers that are in.

CREATE TABLE person (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    email       text NOT NULL UNIQUE CHECK (email = lower(email)),
    created_at  timestamptz NOT NULL DEFAULT now()
);

-- A magic link is consumed once. Only the HMAC of its token is kept. A draft may travel with it.
CREATE TABLE magic_link (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    token_hmac  bytea NOT NULL UNIQUE,
    email       text NOT NULL,
    next        text NOT NULL,
    draft       jsonb,
    created_at  timestamptz NOT NULL DEFAULT now(),
    expires_at  timestamptz NOT NULL,
    consumed_at timestamptz
);
CREATE INDEX magic_link_expiry ON magic_link (expires_at);

CREATE TABLE session (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    token_hmac  bytea NOT NULL UNIQUE,
    person_id   bigint NOT NULL REFERENCES person ON DELETE CASCADE,
    created_at  timestamptz NOT NULL DEFAULT now(),
    expires_at  timestamptz NOT NULL
);
CREATE INDEX session_expiry ON session (expires_at);
