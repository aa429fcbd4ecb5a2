-- Copies of the catalogue's files for the API. Pages are made from the files; `python -m api seed` fills these.

CREATE TABLE template (
    id           text COLLATE "C" PRIMARY KEY,
    title        text NOT NULL,
    summary      text NOT NULL,
    place        integer NOT NULL,
    featured     boolean NOT NULL,
    body         jsonb NOT NULL
);
