-- The rows with which the history goes on: those that raw.aisle_states makes, and before them the one that ends there.
--
--   grain    row of {history} that is new, or holds no longer; keys whose states tell nothing new have none
--   key      {keys}, valid_from
--   reads    raw.aisle_states, {history}
--   order    a state that says what the one before it said makes no row. Of states of one moment there is the last.
--   missing  a key without a history had since always ($always) what the table has of it (position 0). In the history of
--            customers NULL is what the table says.
CREATE TABLE raw.aisle_links AS
WITH
begun AS (
  SELECT {keys}, min(taken_at) AS first_at, min(position) AS first_position
  FROM raw.aisle_states
  WHERE dated
  GROUP BY {keys}
),
newest AS (
  SELECT {h.keys}, h.valid_from, h.valid_to, {h.values}, b.first_at,
         row_number() OVER (PARTITION BY {h.keys} ORDER BY h.valid_from DESC) AS nth
  FROM {history} h
  JOIN begun b ON {b=h}
),
links AS (
  SELECT {n.keys}, n.valid_from AS taken_at, CAST(0 AS BIGINT) AS position, n.valid_to IS NOT NULL AS ends, {held}
  FROM newest n
  LEFT JOIN raw.aisle_states t ON {t=n} AND t.position = 0
  WHERE n.nth = 1 AND n.valid_from < n.first_at AND (n.valid_to IS NULL OR n.valid_to > n.first_at)
  UNION ALL
  SELECT {t.keys}, $always, t.position, false, {t.values}
  FROM raw.aisle_states t
  JOIN begun b ON {b=t}
  WHERE t.position = 0 AND NOT EXISTS (SELECT 1 FROM newest n WHERE {n=t})
  UNION ALL
  SELECT {t.keys},
         CASE WHEN {new_since_always} AND t.position = b.first_position
                   AND NOT EXISTS (SELECT 1 FROM newest n WHERE {n=t})
                   AND NOT EXISTS (SELECT 1 FROM raw.aisle_states z WHERE {z=t} AND z.position = 0)
              THEN $always ELSE t.taken_at END,
         t.position, false, {t.values}
  FROM raw.aisle_states t
  JOIN begun b ON {b=t}
  WHERE t.dated
),
told AS (
  SELECT {keys}, taken_at, position, {values},
         row_number() OVER w = 1 OR lag(ends) OVER w OR {values_change} AS differs
  FROM links
  WINDOW w AS (PARTITION BY {keys} ORDER BY taken_at, position)
)
SELECT {keys}, {values}, taken_at AS valid_from, lead(taken_at) OVER (PARTITION BY {keys} ORDER BY taken_at, position) AS valid_to
FROM (
  SELECT told.*, max(position) OVER (PARTITION BY {keys}) AS last_position
  FROM told
  WHERE differs
) kept
WHERE last_position > 0;
