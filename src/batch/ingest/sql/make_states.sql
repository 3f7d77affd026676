-- The rows of {table} as each record leaves them, and before all of them as they are there.
--
--   grain    key and position; position 0: as it is there
--   key      {keys}, position
--   reads    raw.aisle_taken (a record's key, position and time, its columns, which of them it or one before it gives,
--            whether it says something that has a history, whether it gives all that a row must have), {table}
--   as of    each record's time
--   missing  a row that is not there has no position 0. A column that no record gives is as it is there.
--   changes  the row differs from the state before it, or there was none.
CREATE TABLE raw.aisle_states AS
WITH told AS (
  SELECT {t.keys}, CAST(0 AS BIGINT) AS position, CAST(NULL AS TIMESTAMP) AS taken_at, false AS dated, true AS whole,
         {t.columns}
  FROM {table} t
  WHERE EXISTS (SELECT 1 FROM raw.aisle_taken s WHERE {s=t})
  UNION ALL
  SELECT {s.keys}, s.position, s.taken_at, s.dated, s.whole OR {t.known}, {given}
  FROM raw.aisle_taken s
  LEFT JOIN {table} t ON {t=s}
)
SELECT {keys}, position, taken_at, dated, whole, {columns}, row_number() OVER w = 1 OR {columns_change} AS changes
FROM told
WINDOW w AS (PARTITION BY {keys} ORDER BY position);
