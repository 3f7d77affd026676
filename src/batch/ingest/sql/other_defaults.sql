-- Defaults stated by mappings other than $mapping whose imports are in the raw tables.
--
--   grain    default, in the order of mapping and statement
--   reads    raw.about; a mapping's name has no dot
SELECT value
FROM raw.about
WHERE starts_with(key, 'import.') AND split_part(key, '.', 3) = 'default' AND split_part(key, '.', 2) <> $mapping
ORDER BY key;
