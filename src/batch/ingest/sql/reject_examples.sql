-- The first three rows of $source that $table_name rejected; an empty $table_name: that the source could not read.
--
--   grain    rejected row
--   reads    raw.rejects
--   missing  fewer than three: all there are.
SELECT line, left(reason, 200) AS reason
FROM raw.rejects
WHERE source = $source AND table_name = $table_name
ORDER BY line, reason
LIMIT 3;
