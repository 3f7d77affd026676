-- The history of each customer with each product: views, adds to a cart, purchases.
-- grain    one row per (customer, product) that ever met
-- key      customer_id, product_id
-- reads    raw.event_stream; of $customers, a table with their customer_id
-- as of    events with event_timestamp < $as_of and ingested_at < $as_of; windows end at $as_of.
-- missing  last times are NULL if it never happened.
-- example
--   raw.customers | customer_id=1
--   raw.event_stream | customer_id=1 product_id=7 event_type=product_view event_timestamp='2026-01-01 10:00:00'
--   raw.event_stream | customer_id=1 product_id=7 event_type=product_view event_timestamp='2026-11-20 10:00:00'
--   raw.event_stream | customer_id=1 product_id=7 event_type=add_to_cart event_timestamp='2026-11-20 10:01:00'
--   => customer_id=1 product_id=7 views=2 carts=1 purchases=0 views_28d=1 purchases_90d=0
--     last_view_at='2026-11-20 10:00:00' last_cart_at='2026-11-20 10:01:00' last_purchase_at=NULL
WITH
seen AS (
  SELECT customer_id, product_id, event_timestamp,
         event_type = 'product_view' AS is_view,
         event_type = 'add_to_cart' AS is_cart,
         event_type IN $purchase_kinds AS is_purchase
  FROM raw.event_stream
  WHERE event_timestamp < $as_of AND ingested_at < $as_of
    AND customer_id IN (SELECT customer_id FROM $customers) AND product_id IS NOT NULL
    AND event_type IN $pair_kinds
)
SELECT customer_id, product_id,
       count(*) FILTER (WHERE is_view) AS views,
       count(*) FILTER (WHERE is_cart) AS carts,
       count(*) FILTER (WHERE is_purchase) AS purchases,
       count(*) FILTER (WHERE is_view AND event_timestamp >= CAST($as_of AS TIMESTAMP) - INTERVAL '28' DAY) AS views_28d,
       count(*) FILTER (WHERE is_purchase AND event_timestamp >= CAST($as_of AS TIMESTAMP) - INTERVAL '90' DAY)
         AS purchases_90d,
       max(event_timestamp) FILTER (WHERE is_view) AS last_view_at,
       max(event_timestamp) FILTER (WHERE is_cart) AS last_cart_at,
       max(event_timestamp) FILTER (WHERE is_purchase) AS last_purchase_at
FROM seen
GROUP BY customer_id, product_id
ORDER BY customer_id, product_id
