-- The catalogue for the API: an entry a row, with all that the files of seed_data/ say of it; `python -m api seed` fills
-- it. json, not jsonb: the fields of a method keep their order.

CREATE TABLE catalogue_entry (
    part   text COLLATE "C" NOT NULL CHECK (part IN
           ('facets', 'sections', 'values', 'communication', 'membership', 'decisions', 'conflict', 'templates')),
    id     text COLLATE "C" NOT NULL,
    place  integer NOT NULL CHECK (place >= 0),
    entry  json NOT NULL,
    PRIMARY KEY (part, id)
);

-- Templates that were copied before stay; which communities they fit comes with the next seed.
INSERT INTO catalogue_entry (part, id, place, entry)
SELECT 'templates', id, place, json_build_object(
    'title', title, 'summary', summary, 'home', featured::integer, 'fits', '[]'::json, 'body', body)
FROM template;
DROP TABLE template;
