-- The rows with which the history goes on: those that raw.aisle_states makes, and before them the one that ends there.
--
--   grain    row of {history} that is new, or holds no longer; keys whose states tell nothing new have none
--   key      {keys}, valid_from
--   reads    raw.aisle_states, {history}
--   as of    a row that begins after the first state is planned: it stays, and what is written before it ends there.
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
  WHERE h.valid_from <= b.first_at
),
links AS (
  SELECT {h.keys}, h.valid_from AS taken_at, CAST(0 AS BIGINT) AS position, false AS ends, true AS planned, h.valid_to,
         {h.values}
  FROM {history} h
  JOIN begun b ON {b=h}
  WHERE h.valid_from > b.first_at
  UNION ALL
  SELECT {n.keys}, n.valid_from, CAST(0 AS BIGINT), n.valid_to IS NOT NULL, false, n.valid_to, {held}
  FROM newest n
  LEFT JOIN raw.aisle_states t ON {t=n} AND t.position = 0
  WHERE n.nth = 1 AND n.valid_from < n.first_at AND (n.valid_to IS NULL OR n.valid_to > n.first_at)
  UNION ALL
  SELECT {t.keys}, $always, t.position, false, false, CAST(NULL AS TIMESTAMP), {t.values}
  FROM raw.aisle_states t
  JOIN begun b ON {b=t}
  WHERE t.position = 0 AND NOT EXISTS (SELECT 1 FROM {history} h WHERE {h=t})
  UNION ALL
  SELECT {t.keys},
         CASE WHEN {new_since_always} AND t.position = b.first_position
                   AND NOT EXISTS (SELECT 1 FROM {history} h WHERE {h=t})
                   AND NOT EXISTS (SELECT 1 FROM raw.aisle_states z WHERE {z=t} AND z.position = 0)
              THEN $always ELSE t.taken_at END,
         t.position, false, false, CAST(NULL AS TIMESTAMP), {t.values}
  FROM raw.aisle_states t
  JOIN begun b ON {b=t}
  WHERE t.dated
),
told AS (
  SELECT {keys}, taken_at, position, valid_to, planned, {values},
         row_number() OVER w = 1 OR planned OR lag(ends) OVER w OR {values_change} AS differs
  FROM links
  WINDOW w AS (PARTITION BY {keys} ORDER BY taken_at, position)
),
kept AS (
  SELECT told.*, max(position) OVER (PARTITION BY {keys}) AS last_position,
         lead(taken_at) OVER (PARTITION BY {keys} ORDER BY taken_at, position) AS next_at
  FROM told
  WHERE differs
)
SELECT {keys}, {values}, taken_at AS valid_from,
       CASE WHEN planned AND (next_at IS NULL OR valid_to <= next_at) THEN valid_to ELSE next_at END AS valid_to
FROM kept
WHERE last_position > 0;
