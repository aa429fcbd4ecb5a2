-- Drafts, rules, their versions, and the places of rules in listings.

CREATE TABLE draft (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    person_id   bigint NOT NULL REFERENCES person ON DELETE CASCADE,
    document    jsonb NOT NULL,
    template    text NOT NULL DEFAULT '',
    created_at  timestamptz NOT NULL DEFAULT now(),
    updated_at  timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX draft_of_person ON draft (person_id, updated_at DESC);

-- title and context repeat the current version's, for listings.
CREATE TABLE rule (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    slug          text NOT NULL UNIQUE CHECK (slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$'),
    owner_id      bigint REFERENCES person ON DELETE SET NULL,
    state         text NOT NULL DEFAULT 'published' CHECK (state IN ('published', 'unpublished')),
    title         text NOT NULL,
    context       text NOT NULL,
    version       integer NOT NULL,
    published_at  timestamptz NOT NULL,
    created_at    timestamptz NOT NULL DEFAULT now(),
    updated_at    timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX rule_of_owner ON rule (owner_id, updated_at DESC);

-- document is canonical JSON as text, byte for byte what sha256 is over.
CREATE TABLE rule_version (
    rule_id       bigint NOT NULL REFERENCES rule ON DELETE CASCADE,
    number        integer NOT NULL CHECK (number >= 1),
    document      text NOT NULL,
    sha256        text NOT NULL,
    reason        text NOT NULL CHECK ((reason = '') = (number = 1)),
    published_at  timestamptz NOT NULL,
    PRIMARY KEY (rule_id, number)
);

-- Compressing a long document costs more time in a publish than all other statements together.
ALTER TABLE rule_version ALTER COLUMN document SET STORAGE EXTERNAL;

-- One counter row per listing. highest: the last place given, never used twice; listed: how many are in it now.
CREATE TABLE listing (
    name     text COLLATE "C" PRIMARY KEY,
    highest  integer NOT NULL DEFAULT 0,
    listed   integer NOT NULL DEFAULT 0
);
INSERT INTO listing (name) VALUES ('library');

-- A rule's permanent place in a listing; listed is false while the rule is out of it.
CREATE TABLE place (
    listing  text COLLATE "C" NOT NULL REFERENCES listing,
    place    integer NOT NULL CHECK (place >= 1),
    rule_id  bigint NOT NULL REFERENCES rule ON DELETE CASCADE,
    listed   boolean NOT NULL DEFAULT true,
    PRIMARY KEY (listing, place),
    UNIQUE (rule_id, listing)
);
