-- Mappings other than $mapping whose imports are in the raw tables, and when each was last imported.
--
--   grain    mapping
--   reads    raw.about; a mapping's name has no dot
SELECT split_part(key, '.', 2) AS mapping, value AS loaded_at
FROM raw.about
WHERE starts_with(key, 'import.') AND split_part(key, '.', 3) = 'loaded_at' AND split_part(key, '.', 2) <> $mapping
ORDER BY mapping;
