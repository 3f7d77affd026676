-- What a retailer says of itself beside its tables: currency, minor unit, time zone.
--
--   grain    key
--   reads    raw.about
--   missing  no row: the quickstart's. NULL is an empty text.
SELECT key, coalesce(value, '') AS value
FROM raw.about
WHERE key IN ('retailer.currency', 'retailer.minor_unit', 'retailer.time_zone')
ORDER BY key;
