-- The files of a generation that are not its customers, for servers that have no copy of its folder.
-- grain    one row per part of a file
-- key      generation_checksum, name, part
-- reads    nothing
-- as of    the generation of that checksum: two of them are kept, that of aisle_meta and the one before
-- missing  no rows of a checksum: it was loaded by a program that did not put files in
-- order    parts count from 0
CREATE TABLE generation_files (
  generation_checksum text COLLATE "C" NOT NULL,
  name text COLLATE "C" NOT NULL,
  part integer NOT NULL,
  put_at timestamptz NOT NULL DEFAULT now(),
  bytes bytea NOT NULL,
  CONSTRAINT generation_files_pkey PRIMARY KEY (generation_checksum, name, part)
);
ALTER TABLE generation_files ALTER COLUMN bytes SET STORAGE EXTERNAL;
COMMENT ON TABLE generation_files IS 'one row per part of a file of a generation: manifest, catalogue and stock, models; of this generation and the one before';
COMMENT ON COLUMN generation_files.generation_checksum IS 'of manifest.json, which holds the checksum of every other file';
