-- A part of a file of a generation.
-- grain    at most one row
-- key      generation_checksum, name, part: $1, $2, $3
-- reads    generation_files
-- as of    the transaction
-- missing  no row: the file has no such part
SELECT bytes FROM generation_files WHERE generation_checksum = $1 AND name = $2 AND part = $3
