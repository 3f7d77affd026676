-- Orders, online and in shops, with what became of them.
-- grain    one row per order
-- key      order_id
-- reads    raw.event_stream; a view, so nobody pays for it at night
-- as of    events with event_timestamp < $as_of and ingested_at < $as_of.
-- missing  shipped_at, delivered_at, returned_at are NULL until it happens; store_id for online orders.
-- example
--   raw.event_stream | event_type=order_complete event_timestamp='2026-11-20 10:00:00' customer_id=1 order_id=O1
--     order_total=40.00 channel=Web
--   raw.event_stream | event_type=order_complete event_timestamp='2026-11-20 10:00:00' customer_id=1 order_id=O1
--     order_total=40.00 channel=Web
--   raw.event_stream | event_type=order_shipped event_timestamp='2026-11-21 10:00:00' customer_id=1 order_id=O1
--   raw.event_stream | event_type=order_shipped event_timestamp='2026-11-21 10:00:00' customer_id=1 order_id=O2
--   => order_id=O1 customer_id=1 placed_at='2026-11-20 10:00:00' channel=Web store_id=NULL line_count=2
--     order_total=40.00 shipped_at='2026-11-21 10:00:00' delivered_at=NULL
WITH
seen AS (
  SELECT order_id, customer_id, event_type, event_timestamp, channel, store_id, promo_code, order_total,
         event_type IN $purchase_kinds AS is_line
  FROM raw.event_stream
  WHERE event_timestamp < $as_of AND ingested_at < $as_of AND order_id IS NOT NULL
    AND (event_type IN $purchase_kinds OR event_type IN ('order_shipped', 'order_delivered', 'return_initiated'))
)
SELECT order_id,
       max(customer_id) FILTER (WHERE is_line) AS customer_id,
       min(event_timestamp) FILTER (WHERE is_line) AS placed_at,
       min(channel) FILTER (WHERE is_line) AS channel,
       min(store_id) FILTER (WHERE is_line) AS store_id,
       min(promo_code) FILTER (WHERE is_line) AS promo_code,
       count(*) FILTER (WHERE is_line) AS line_count,
       max(order_total) FILTER (WHERE is_line) AS order_total,
       min(event_timestamp) FILTER (WHERE event_type = 'order_shipped') AS shipped_at,
       min(event_timestamp) FILTER (WHERE event_type = 'order_delivered') AS delivered_at,
       min(event_timestamp) FILTER (WHERE event_type = 'return_initiated') AS returned_at
FROM seen
GROUP BY order_id
HAVING count(*) FILTER (WHERE is_line) > 0
