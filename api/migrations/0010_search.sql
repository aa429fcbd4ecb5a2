-- Public rules can be searched: their names, summaries, and the titles of their values and methods.

-- Letters without case, accents and vowel points; punctuation as space, so that `co-op`, `24/7` and addresses are words
-- like any other. What is kept and what is asked go through it alike.
CREATE FUNCTION folded(words text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT translate(
        normalize(
            regexp_replace(
                normalize(lower(words), NFKD),
                '[\u0300-\u036f\u0591-\u05bd\u05bf\u05c1\u05c2\u05c7\u0640\u064b-\u065f\u0670]', '', 'g'
            ),
            NFC
        ),
        '!"#$%&''()*+,-./:;<=>?@[\]^_`{|}~', repeat(' ', 32)
    )
$$;

-- words: the titles of the current version's values and methods, one a line.
ALTER TABLE rule ADD COLUMN words text NOT NULL DEFAULT '' CHECK (length(words) <= 2000);

UPDATE rule SET words = titles.words
FROM (
    SELECT v.rule_id, v.number, left(string_agg(entry.value ->> 'title', E'\n' ORDER BY section.place, entry.place), 2000)
    FROM rule_version v
    CROSS JOIN (VALUES (1, 'values'), (2, 'communication'), (3, 'membership'), (4, 'decisions'), (5, 'conflict'))
        AS section (place, id)
    CROSS JOIN LATERAL jsonb_array_elements(coalesce(v.document::jsonb -> section.id, '[]'))
        WITH ORDINALITY AS entry (value, place)
    GROUP BY v.rule_id, v.number
) AS titles (rule_id, number, words)
WHERE titles.rule_id = rule.id AND titles.number = rule.version;

-- 'simple' knows no language: rules are written in many.
ALTER TABLE rule ADD COLUMN search tsvector NOT NULL GENERATED ALWAYS AS (
    setweight(to_tsvector('simple', folded(title)), 'A')
    || setweight(to_tsvector('simple', folded(context)), 'B')
    || setweight(to_tsvector('simple', folded(words)), 'C')
) STORED;

-- A short list of what is still to be sorted in: without one, each publish sorts a hundred words in; a long one is slow to
-- search, and one publish in hundreds sorts all of it in.
CREATE INDEX rule_search ON rule USING gin (search) WITH (fastupdate = on, gin_pending_list_limit = 64);
