-- Rows that the import by the mapping $mapping has rejected so far, those of the earlier lines first.
--
--   grain    rejected row
--   reads    raw.rejects; source is the mapping's name, or "mapping/file"
--   missing  a row that its source could not read has no table: an empty table_name.
SELECT source, table_name, line, reason
FROM raw.rejects
WHERE source = $mapping OR starts_with(source, $mapping || '/')
ORDER BY line, source, table_name;
