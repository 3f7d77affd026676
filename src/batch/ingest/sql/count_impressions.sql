-- How many answers were logged.
--
--   grain    one row
--   reads    raw.impressions
SELECT count(*) AS answers FROM raw.impressions;
