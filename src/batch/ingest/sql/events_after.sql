-- How many events lie after $now.
--
--   grain    one row
--   reads    raw.event_stream
SELECT count(*) AS events FROM raw.event_stream WHERE event_timestamp > $now;
