-- Ends rows of a history where a later one begins: a file gave them as if they held still.
--
--   grain    row of {history}
--   reads    {history}
CREATE TABLE raw.aisle_ends AS
SELECT {keys}, valid_from, next_from
FROM (
  SELECT {keys}, valid_from, valid_to, lead(valid_from) OVER (PARTITION BY {keys} ORDER BY valid_from) AS next_from
  FROM {history}
) ordered
WHERE next_from IS NOT NULL AND (valid_to IS NULL OR valid_to > next_from);
UPDATE {history} AS h
SET valid_to = (SELECT e.next_from FROM raw.aisle_ends e WHERE {e=h} AND e.valid_from = h.valid_from)
WHERE EXISTS (SELECT 1 FROM raw.aisle_ends e WHERE {e=h} AND e.valid_from = h.valid_from);
DROP TABLE raw.aisle_ends;
