-- Uploaded pictures and files: what is stored, who uploaded it, and which documents refer to it.

-- One row for each content. name: the sha256 of its bytes and what it is, also its file's name in UPLOAD_ROOT.
CREATE TABLE upload (
    name         text COLLATE "C" PRIMARY KEY CHECK (name ~ '^[0-9a-f]{64}\.(webp|pdf)$'),
    bytes        integer NOT NULL CHECK (bytes > 0),
    width        integer,
    height       integer,
    uploaded_at  timestamptz NOT NULL DEFAULT now(), -- by whoever did so last
    CHECK ((width IS NULL) = (name LIKE '%.pdf') AND (height IS NULL) = (width IS NULL))
);
CREATE INDEX upload_age ON upload (uploaded_at);

-- Several people may have uploaded the same content; it counts for each of them.
CREATE TABLE upload_owner (
    person_id    bigint NOT NULL REFERENCES person ON DELETE CASCADE,
    name         text COLLATE "C" NOT NULL REFERENCES upload ON DELETE CASCADE,
    uploaded_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (person_id, name)
);
CREATE INDEX upload_owner_name ON upload_owner (name);

-- Who refers to what. The database keeps these two tables itself, so that no writer of documents can forget to, and so
-- that a file cannot be collected while a document that names it is on its way: the foreign key waits, or refuses.
CREATE TABLE version_upload (
    rule_id  bigint NOT NULL,
    number   integer NOT NULL,
    name     text COLLATE "C" NOT NULL REFERENCES upload,
    PRIMARY KEY (rule_id, number, name),
    FOREIGN KEY (rule_id, number) REFERENCES rule_version ON DELETE CASCADE
);
CREATE INDEX version_upload_name ON version_upload (name);

-- All that a draft ever named, until it is deleted: what it named an hour ago may be wanted back.
CREATE TABLE draft_upload (
    draft_id  bigint NOT NULL REFERENCES draft ON DELETE CASCADE,
    name      text COLLATE "C" NOT NULL REFERENCES upload,
    PRIMARY KEY (draft_id, name)
);
CREATE INDEX draft_upload_name ON draft_upload (name);

-- The uploads that a document names, given as the text of its JSON. Inside of a person's words every quote has a
-- backslash before it, so that none of them can look like a reference.
CREATE FUNCTION uploads_in(document text) RETURNS SETOF text LANGUAGE sql IMMUTABLE STRICT AS $$
    SELECT DISTINCT found[1]
    FROM regexp_matches(document, '"upload": ?"([0-9a-f]{64}\.(?:webp|pdf))"', 'g') AS found
    WHERE document LIKE '%"upload":%'
$$;

CREATE FUNCTION note_version_uploads() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        DELETE FROM version_upload WHERE rule_id = NEW.rule_id AND number = NEW.number;
    END IF;
    IF NEW.document LIKE '%"upload":%' THEN
        INSERT INTO version_upload SELECT NEW.rule_id, NEW.number, uploads_in(NEW.document);
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER version_uploads AFTER INSERT OR UPDATE OF document ON rule_version
    FOR EACH ROW EXECUTE FUNCTION note_version_uploads();
