-- Where the lines of each part of a source stand, for rejected rows of sources that are more than one file.
--
--   grain    part of a source
--   key      source, part
--   missing  a source that is one file has no row.
CREATE TEMP TABLE aisle_parts (
  source VARCHAR,  -- As queries call it.
  part VARCHAR,    -- As raw.rejects.source names it.
  before BIGINT    -- Line n of the part is line before + n of the source.
);
