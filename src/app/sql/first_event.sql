-- Microseconds since 1970 of the first event; -1 if there is none.
--
--   grain    one row
--   reads    raw.event_stream
SELECT coalesce(min(epoch_us(event_timestamp)), -1) AS micros FROM raw.event_stream
