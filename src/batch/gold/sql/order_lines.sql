-- What was bought: the lines of gold.orders.
-- grain    one row per order line
-- key      order_id, order_line
-- reads    raw.event_stream; a view, so nobody pays for it at night
-- as of    events with event_timestamp < $as_of and ingested_at < $as_of.
-- missing  product_id is NULL when the source did not name one.
-- example
--   raw.event_stream | event_type=pos_purchase event_timestamp='2026-11-20 10:00:00' customer_id=1 order_id=O1
--     order_line=2 product_id=7 product_category=CAT-001 quantity=3 product_price=10.00 line_total=30.00
--   raw.event_stream | event_type=order_shipped event_timestamp='2026-11-21 10:00:00' customer_id=1 order_id=O1
--   => order_id=O1 order_line=2 customer_id=1 product_id=7 category_id=CAT-001 quantity=3 unit_price=10.00
--     line_total=30.00
SELECT order_id, order_line, customer_id, product_id, product_category AS category_id, quantity,
       product_price AS unit_price, line_total
FROM raw.event_stream
WHERE event_timestamp < $as_of AND ingested_at < $as_of AND order_id IS NOT NULL
  AND event_type IN $purchase_kinds
