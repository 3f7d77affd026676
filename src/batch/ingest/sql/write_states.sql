-- Puts the last states into {table}, where they differ from what is there.
--
--   grain    {keys}
--   reads    raw.aisle_states, {table}
--   missing  a row that is not there, and of which no record gives all that it must have, is not made.
CREATE TABLE raw.aisle_newest AS
SELECT {keys}, {columns}, changed_at
FROM (
  SELECT s.*, max(CASE WHEN position > 0 AND changes THEN taken_at END) OVER (PARTITION BY {keys}) AS changed_at,
         row_number() OVER (PARTITION BY {keys} ORDER BY position DESC) AS nth
  FROM raw.aisle_states s
) ranked
WHERE nth = 1 AND whole AND changed_at IS NOT NULL;
DELETE FROM {table} t WHERE EXISTS (SELECT 1 FROM raw.aisle_newest n WHERE {n=t});
INSERT INTO {table} ({keys}, {columns}{stamp})
SELECT {keys}, {columns}{stamp_value} FROM raw.aisle_newest;
DROP TABLE raw.aisle_newest;
DROP TABLE raw.aisle_states;
DROP TABLE raw.aisle_taken;
