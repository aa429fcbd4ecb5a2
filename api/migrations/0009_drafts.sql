-- Drafts keep their earlier texts, may be of a rule's next version, and are published once.

-- document is canonical JSON, with everything optional. The current text is the revision that draft.revision names;
-- reason and base are for the next version of a rule: why it changes, and the sha256 that its author began with.
CREATE TABLE draft_revision (
    draft_id    bigint NOT NULL REFERENCES draft ON DELETE CASCADE,
    number      integer NOT NULL CHECK (number >= 1),
    document    text NOT NULL,
    visibility  text NOT NULL CHECK (visibility IN ('public', 'unlisted')),
    reason      text NOT NULL DEFAULT '',
    base        text NOT NULL DEFAULT '',
    saved_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (draft_id, number)
);
ALTER TABLE draft_revision ALTER COLUMN document SET STORAGE EXTERNAL;

-- A draft may name what is not here: nothing that is typed is lost for that. Publishing it is what is refused.
CREATE FUNCTION note_draft_uploads() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.document LIKE '%"upload":%' THEN
        INSERT INTO draft_upload
        SELECT NEW.draft_id, name FROM upload WHERE name IN (SELECT uploads_in(NEW.document)) FOR KEY SHARE
        ON CONFLICT DO NOTHING;
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER draft_uploads AFTER INSERT ON draft_revision
    FOR EACH ROW EXECUTE FUNCTION note_draft_uploads();

-- The template is part of the document from now on.
INSERT INTO draft_revision (draft_id, number, document, visibility, saved_at)
SELECT id, 1,
    (CASE WHEN template = '' THEN document ELSE document || jsonb_build_object('template', template) END)::text,
    visibility, updated_at
FROM draft;

ALTER TABLE draft
    DROP COLUMN document,
    DROP COLUMN template,
    DROP COLUMN visibility,
    ADD COLUMN revision integer NOT NULL DEFAULT 1,
    ADD COLUMN rule_id bigint REFERENCES rule ON DELETE SET NULL;
CREATE INDEX draft_of_rule ON draft (rule_id) WHERE rule_id IS NOT NULL;

-- So it is in drafts that wait behind a link.
UPDATE magic_link SET draft = (draft - 'template') || jsonb_build_object('document',
    (draft -> 'document') || jsonb_build_object('template', draft ->> 'template'))
WHERE draft ->> 'template' <> '';
UPDATE magic_link SET draft = draft - 'template' WHERE draft ? 'template';

-- Each key publishes once: the one that a form holds, or a program's Idempotency-Key. sent is the sha256 of what came with it.
-- rule_id is empty only until the publish that holds the key is committed.
CREATE TABLE publish_key (
    key         text COLLATE "C" PRIMARY KEY,
    person_id   bigint NOT NULL REFERENCES person ON DELETE CASCADE,
    sent        text NOT NULL,
    rule_id     bigint REFERENCES rule ON DELETE CASCADE,
    created_at  timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX publish_key_age ON publish_key (created_at);
CREATE INDEX publish_key_of_rule ON publish_key (rule_id);
CREATE INDEX publish_key_of_person ON publish_key (person_id);
