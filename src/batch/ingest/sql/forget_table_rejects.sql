-- Takes out what an earlier import by the mapping $mapping rejected of $table_name, or could not read at all: this one
-- looks at the sources of that table anew.
--
--   grain    rejected row
--   reads    raw.rejects; source is the mapping's name, or "mapping/file"; an unreadable row has an empty table_name
DELETE FROM raw.rejects
WHERE (source = $mapping OR starts_with(source, $mapping || '/')) AND coalesce(table_name, '') IN ($table_name, '');
