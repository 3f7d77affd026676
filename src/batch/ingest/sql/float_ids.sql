-- An id that stands in raw.id_map as a whole number and as a float of the same value: "17850" beside "17850.0", "17850.00",
-- "1.785e4".
--
--   grain    kind; at most one row each, the first such id in the order of texts
--   key      kind
--   reads    raw.id_map
--   missing  1E5 is no float here: articles are called so. 1e+05 and 1.0e5 are.
WITH floats AS (
  SELECT kind, source_id, TRY_CAST(source_id AS DECIMAL(38,6)) AS number
  FROM raw.id_map
  WHERE regexp_full_match(source_id, '[+-]?([0-9]+\.0*|[0-9](\.[0-9]+[eE][+]?|[eE][+])[0-9]+)')
)
SELECT f.kind, min(f.source_id) AS float_id, min_by(w.source_id, f.source_id) AS whole_id, count(*) AS ids
FROM floats f
JOIN raw.id_map w ON w.kind = f.kind AND w.source_id = CAST(CAST(floor(f.number) AS DECIMAL(38,0)) AS STRING)
WHERE f.number = floor(f.number) AND f.source_id <> w.source_id
GROUP BY f.kind
ORDER BY f.kind;
