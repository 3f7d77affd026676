-- What the queries of the records may read as of a moment, table by table, as one number each: two equal lists, and
-- the same records come out.
-- grain    one row per raw table
-- key      table_name
-- reads    every column of raw.customers, raw.customer_history, raw.event_stream, raw.price_history and
--          raw.product_catalog that customer_state, customer_category, customer_product or product_state reads; a test
--          holds the lists together
-- as of    what they see: events that happened and arrived before $as_of, history that began before it
-- missing  contents is NULL of a table without rows
-- ties     sums of a hash of each row, so the order of rows does not matter; a changed value, one row more or less,
--          shows but for one chance in 2^64
-- example
--   raw.customers | customer_id=1
--   raw.event_stream | customer_id=1 event_type=search event_timestamp='2026-11-19 10:00:00'
--   raw.event_stream | customer_id=1 event_type=search event_timestamp='2026-11-24 10:00:00'
--   => table_name=raw.customer_history row_count=0
--   => table_name=raw.customers row_count=1
--   => table_name=raw.event_stream row_count=1
--   => table_name=raw.price_history row_count=0
--   => table_name=raw.product_catalog row_count=0
SELECT 'raw.customers' AS table_name, count(*) AS row_count,
       CAST(sum(@row_hash(customer_id, date_of_birth, customer_since_date, loyalty_tier, has_app, email_subscriber,
                          sms_subscriber, city, state, zip_code)) AS STRING) AS contents
FROM raw.customers
UNION ALL
SELECT 'raw.customer_history', count(*),
       CAST(sum(@row_hash(customer_id, loyalty_tier, has_app, email_subscriber, sms_subscriber, city, state, zip_code,
                          valid_from, valid_to)) AS STRING)
FROM raw.customer_history
WHERE valid_from < $as_of
UNION ALL
SELECT 'raw.event_stream', count(*),
       CAST(sum(@row_hash(customer_id, event_type, event_timestamp, channel, session_id, product_id, product_category,
                          product_price, order_id, order_total, cart_id, points_earned, points_redeemed)) AS STRING)
FROM raw.event_stream
WHERE event_timestamp < $as_of AND ingested_at < $as_of
UNION ALL
SELECT 'raw.price_history', count(*), CAST(sum(@row_hash(product_id, price, valid_from, valid_to)) AS STRING)
FROM raw.price_history
WHERE valid_from < $as_of
UNION ALL
SELECT 'raw.product_catalog', count(*),
       CAST(sum(@row_hash(product_id, product_name, category_id, brand, price, is_perishable, launched_on)) AS STRING)
FROM raw.product_catalog
ORDER BY table_name
