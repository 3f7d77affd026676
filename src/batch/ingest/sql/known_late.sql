-- Events that are there and not yet known at $until, the end of the data: their ingested_at comes after it.
--
--   grain    one row
--   reads    raw.event_stream
SELECT count(*) AS events
FROM raw.event_stream
WHERE ingested_at > $until AND event_timestamp < $until;
