-- What there was to learn from as of a moment: enough to see that two trainings read the same data.
--
--   grain    one row per table.
--   key      table_name.
--   reads    raw.event_stream, raw.product_catalog, raw.price_history, raw.customers,
--            raw.customer_history.
--   as of    events before $as_of that were known by then; history rows that began before it; the
--            current tables whole.
--   units    total is the retailer's currency: order lines, or prices.
--   missing  NULL where a table has no time or no money.
--   order    by table_name.
SELECT 'raw.customer_history' AS table_name, count(*) AS row_count, max(valid_from) AS last_time,
       CAST(NULL AS DECIMAL(18,2)) AS total
FROM raw.customer_history
WHERE valid_from < $as_of
UNION ALL
SELECT 'raw.customers', count(*), CAST(NULL AS TIMESTAMP), CAST(NULL AS DECIMAL(18,2))
FROM raw.customers
UNION ALL
SELECT 'raw.event_stream', count(*), max(event_timestamp), CAST(sum(line_total) AS DECIMAL(18,2))
FROM raw.event_stream
WHERE event_timestamp < $as_of AND ingested_at < $as_of
UNION ALL
SELECT 'raw.price_history', count(*), max(valid_from), CAST(sum(price) AS DECIMAL(18,2))
FROM raw.price_history
WHERE valid_from < $as_of
UNION ALL
SELECT 'raw.product_catalog', count(*), CAST(NULL AS TIMESTAMP), CAST(sum(price) AS DECIMAL(18,2))
FROM raw.product_catalog
ORDER BY table_name
