-- Takes out what an earlier import by the mapping $mapping rejected: this one looks at its sources anew.
--
--   grain    rejected row
--   reads    raw.rejects; source is the mapping's name, or "mapping/file", and a name has no slash
DELETE FROM raw.rejects WHERE source = $mapping OR starts_with(source, $mapping || '/');
