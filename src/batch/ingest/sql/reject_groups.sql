-- Why an import by the mapping $mapping rejected rows: reasons without the values that they name, and the first three
-- rows of each.
--
--   grain    source, table_name, kind of reason, rank; three rows each at most
--   key      source, table_name, kind, rank
--   order    of lines
--   reads    raw.rejects; source is the mapping's name, or "mapping/file"
--   missing  a row that its source could not read has an empty table_name; a reason that names no column an empty
--            column_name, one that shows no value a NULL
WITH told AS (
  SELECT source, table_name, line, reason, row_text,
    regexp_extract(reason, '^([^:'']+): ', 1) AS column_name,
    regexp_full_match(reason, '(?s)[^:'']+: ''.*'' (is|has) .*') AS shows,
    regexp_replace(reason, '(?s)^([^:'']+): ''.*'' (is|has) ', '\1: … \2 ') AS kind
  FROM raw.rejects
  WHERE source = $mapping OR starts_with(source, $mapping || '/')
),
ranked AS (
  SELECT *,
    row_number() OVER (PARTITION BY source, table_name, kind ORDER BY line, reason, row_text) AS rank,
    count(*) OVER (PARTITION BY source, table_name, kind) AS row_count
  FROM told
)
SELECT source, table_name, column_name, kind, row_count, rank, line, row_text,
  CASE WHEN shows THEN regexp_extract(reason, '(?s)^[^:'']+: ''(.*)'' (is|has) ', 1) END AS value
FROM ranked
WHERE rank <= 3
ORDER BY source, table_name, kind, rank;
