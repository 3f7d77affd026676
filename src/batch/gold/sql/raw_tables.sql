-- Whether there is anything to make gold of.
-- grain    one row
-- key      none
-- reads    raw.customers, raw.product_catalog, raw.event_stream
-- as of    not dated
-- missing  0: an empty table
-- example
--   raw.customers | customer_id=1
--   => filled=0
SELECT CASE WHEN EXISTS (SELECT 1 FROM raw.customers) AND EXISTS (SELECT 1 FROM raw.product_catalog)
             AND EXISTS (SELECT 1 FROM raw.event_stream) THEN 1 ELSE 0 END AS filled
