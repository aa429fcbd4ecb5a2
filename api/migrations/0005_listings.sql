-- Rules by filter, lineage, unlisted and deleted rules, withdrawn versions, and the names of owners.

ALTER TABLE person ADD COLUMN display_name text NOT NULL DEFAULT '';

ALTER TABLE rule
    ADD COLUMN visibility text NOT NULL DEFAULT 'public' CHECK (visibility IN ('public', 'unlisted')),
    -- The version that a rule was adapted from; the title is as it was then. The parent may be deleted.
    ADD COLUMN parent_id bigint REFERENCES rule ON DELETE SET NULL,
    ADD COLUMN parent_version integer,
    ADD COLUMN parent_title text;
-- sha256 repeats the current version's, for listings, as title and context do.
ALTER TABLE rule ADD COLUMN sha256 text;
UPDATE rule SET sha256 = v.sha256 FROM rule_version v WHERE v.rule_id = rule.id AND v.number = rule.version;
ALTER TABLE rule ALTER COLUMN sha256 SET NOT NULL;
CREATE INDEX rule_of_parent ON rule (parent_id) WHERE parent_id IS NOT NULL;

-- adapts: the version that a draft began with, as the end of its address, `<slug>/v/<number>`.
ALTER TABLE draft
    ADD COLUMN adapts text NOT NULL DEFAULT '',
    ADD COLUMN visibility text NOT NULL DEFAULT 'public' CHECK (visibility IN ('public', 'unlisted'));

-- title repeats the community's name in the document. The text of a withdrawn version is gone, its title too; its hash,
-- date and reason remain.
ALTER TABLE rule_version
    ADD COLUMN title text,
    ADD COLUMN withdrawn_at timestamptz,
    ALTER COLUMN document DROP NOT NULL,
    ADD CHECK ((document IS NULL) = (withdrawn_at IS NOT NULL));
UPDATE rule_version SET title = document::jsonb #>> '{community,name}';
ALTER TABLE rule_version ALTER COLUMN title SET NOT NULL;

-- The pages worker asks every few seconds what must be hidden.
CREATE INDEX rule_hidden ON rule (slug) WHERE state <> 'published';
CREATE INDEX version_withdrawn ON rule_version (rule_id) WHERE withdrawn_at IS NOT NULL;

-- What is left of a deleted rule: its address answers 410 for ever.
CREATE TABLE removed_rule (
    slug        text COLLATE "C" PRIMARY KEY,
    removed_at  timestamptz NOT NULL DEFAULT now()
);

-- Rules that are public now enter the listings of their filters, in the order of the library.
CREATE TEMPORARY TABLE entry ON COMMIT DROP AS
SELECT DISTINCT filter.listing, r.id AS rule_id, p.place AS library
FROM rule r
JOIN place p ON p.rule_id = r.id AND p.listing = 'library' AND p.listed
JOIN rule_version v ON v.rule_id = r.id AND v.number = r.version
CROSS JOIN LATERAL (SELECT v.document::jsonb AS document) AS d
CROSS JOIN LATERAL (
    SELECT 'template/' || (d.document ->> 'template') WHERE d.document ? 'template'
    UNION ALL
    SELECT facet.word || '/' || chosen.id
    FROM (VALUES ('types', 'kind'), ('size', 'size'), ('scale', 'scale'), ('maturity', 'maturity')) AS facet (id, word),
        jsonb_array_elements_text(coalesce(d.document -> 'community' -> facet.id, '[]')) AS chosen (id)
    UNION ALL
    SELECT section.id || '/' || (method ->> 'id')
    FROM (VALUES ('communication'), ('membership'), ('decisions'), ('conflict')) AS section (id),
        jsonb_array_elements(coalesce(d.document -> section.id, '[]')) AS method
    WHERE method ? 'id'
) AS filter (listing);

INSERT INTO listing (name, highest, listed) SELECT listing, count(*), count(*) FROM entry GROUP BY listing;
INSERT INTO place (listing, place, rule_id)
SELECT listing, row_number() OVER (PARTITION BY listing ORDER BY library), rule_id FROM entry;

-- A page job now says itself what changed. Those that are open are made good by the release that follows an upgrade.
UPDATE job SET done_at = now() WHERE kind = 'page' AND done_at IS NULL;
