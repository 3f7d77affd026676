-- What was bought: the lines of gold.orders.
-- grain    one row per order line
-- key      order_id, order_line
-- reads    raw.event_stream; a view, so nobody pays for it at night
-- as of    events with event_timestamp < $as_of and ingested_at < $as_of.
-- missing  product_id is NULL when the source did not name one.
SELECT order_id, order_line, customer_id, product_id, product_category AS category_id, quantity,
       product_price AS unit_price, line_total
FROM raw.event_stream
WHERE event_timestamp < $as_of AND ingested_at < $as_of AND order_id IS NOT NULL
  AND event_type IN $purchase_kinds
