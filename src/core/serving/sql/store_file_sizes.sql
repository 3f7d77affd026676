-- How much of each generation's files is there.
-- grain    one row per generation
-- key      generation_checksum
-- reads    generation_files
-- as of    the statement
-- missing  no rows: no files were put in
-- units    bytes of the files
SELECT generation_checksum, count(DISTINCT name) AS files, count(*) AS parts, sum(octet_length(bytes)) AS bytes
FROM generation_files
GROUP BY generation_checksum
