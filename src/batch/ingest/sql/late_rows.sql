-- Records that are older than what the tables hold of their row already: a file told of a later moment.
--
--   grain    record
--   key      position
--   reads    raw.aisle_taken, {history}; of stock also when the row itself was last updated
--   as of    $now: what begins after it is planned, and takes nothing from what is written before it begins.
--   missing  a row of which no time is known is older than every record.
SELECT s.position
FROM raw.aisle_taken s
WHERE EXISTS (
    SELECT 1 FROM {history} h WHERE {h=s} AND h.valid_from > s.taken_at AND h.valid_from <= $now){or_stamped_later}
ORDER BY s.position;
