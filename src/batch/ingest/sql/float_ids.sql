-- An id that stands in raw.id_map as a whole number and as a float of the same value: "17850" and "17850.0".
--
--   grain    kind; at most one row each, the first such id in the order of texts
--   key      kind
--   reads    raw.id_map
SELECT f.kind, min(f.source_id) AS float_id, count(*) AS ids
FROM raw.id_map f
JOIN raw.id_map w ON w.kind = f.kind AND f.source_id = w.source_id || '.0'
WHERE regexp_full_match(w.source_id, '-?[0-9]+')
GROUP BY f.kind
ORDER BY f.kind;
