-- What each customer did with each product in a stretch of time: labels, and what an evaluation counts.
-- grain    one row per (customer, product) with a view, an add or a purchase in [$from, $until)
-- key      customer_id, product_id
-- reads    raw.event_stream
-- as of    event_timestamp only: labels are what happened, whenever it arrived.
-- missing  events without a customer or a product are left out.
-- example
--   $from = 2026-11-01
--   $until = 2026-11-04
--   raw.event_stream | customer_id=1 product_id=7 event_type=product_view event_timestamp='2026-11-01 00:00:00'
--   raw.event_stream | customer_id=1 product_id=7 event_type=pos_purchase event_timestamp='2026-11-03 10:00:00'
--   raw.event_stream | customer_id=1 product_id=7 event_type=product_view event_timestamp='2026-11-04 00:00:00'
--   => customer_id=1 product_id=7 views=1 carts=0 lines=1
SELECT customer_id, product_id,
       count(*) FILTER (WHERE event_type = 'product_view') AS views,
       count(*) FILTER (WHERE event_type = 'add_to_cart') AS carts,
       count(*) FILTER (WHERE event_type IN $purchase_kinds) AS lines
FROM raw.event_stream
WHERE event_timestamp >= $from AND event_timestamp < $until
  AND customer_id IS NOT NULL AND product_id IS NOT NULL
  AND event_type IN $pair_kinds
GROUP BY customer_id, product_id
ORDER BY customer_id, product_id
