-- What has rows that $table_name rejected, of names that begin with $prefix; an empty $table_name: that the source could not read.
--
--   grain    source or part of one
--   key      source
--   reads    raw.rejects
SELECT DISTINCT source
FROM raw.rejects
WHERE starts_with(source, $prefix) AND table_name = $table_name
ORDER BY source;
