-- A retailer's own ids of one kind.
--
--   grain    id
--   reads    raw.id_map
--   missing  no row: the ids are ours
SELECT id, source_id FROM raw.id_map WHERE kind = $kind ORDER BY id
