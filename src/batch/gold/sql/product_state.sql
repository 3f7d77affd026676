-- What is known of each product, and what everybody did with it.
-- grain    one row per product launched before $as_of
-- key      product_id
-- reads    raw.product_catalog, raw.price_history, raw.event_stream
-- as of    events with event_timestamp < $as_of and ingested_at < $as_of; the price just before $as_of.
-- missing  launched_on is NULL when the product was always there; a product without a price history keeps the
--          catalogue's.
-- example
--   raw.product_catalog | product_id=7 product_name=Soap category_id=CAT-001 brand=GlowUp price=12.00
--   raw.product_catalog | product_id=8 product_name=Tea category_id=CAT-002 price=5.00 launched_on=2026-11-24
--   raw.price_history | product_id=7 price=11.00 valid_from='2025-11-24 00:00:00' valid_to='2026-11-24 00:00:00'
--   raw.price_history | product_id=7 price=12.00 valid_from='2026-11-24 00:00:00'
--   raw.event_stream | product_id=7 customer_id=1 event_type=pos_purchase event_timestamp='2026-09-20 10:00:00'
--   raw.event_stream | product_id=7 customer_id=1 event_type=pos_purchase event_timestamp='2026-11-20 10:00:00'
--   raw.event_stream | product_id=7 customer_id=2 event_type=product_view event_timestamp='2026-11-20 10:00:00'
--   => product_id=7 product_name=Soap brand=GlowUp price=11.00 is_perishable=false launched_on=NULL views_28d=1
--     purchases_28d=1 purchases_90d=2 purchases=2 buyers=1
WITH
prices AS (
  SELECT product_id, price
  FROM raw.price_history
  WHERE valid_from < $as_of AND (valid_to IS NULL OR valid_to >= $as_of)
),
seen AS (
  SELECT e.product_id, e.customer_id, e.event_timestamp,
         e.event_type = 'product_view' AS is_view,
         e.event_type IN $purchase_kinds AS is_purchase,
         e.event_timestamp >= CAST($as_of AS TIMESTAMP) - INTERVAL '28' DAY AS in_28d,
         e.event_timestamp >= CAST($as_of AS TIMESTAMP) - INTERVAL '90' DAY AS in_90d
  FROM raw.event_stream e
  WHERE e.event_timestamp < $as_of AND e.ingested_at < $as_of AND e.product_id IS NOT NULL
    AND (e.event_type = 'product_view' OR e.event_type IN $purchase_kinds)
),
counts AS (
  SELECT s.product_id,
         count(*) FILTER (WHERE is_view AND in_28d) AS views_28d,
         count(*) FILTER (WHERE is_purchase AND in_28d) AS purchases_28d,
         count(*) FILTER (WHERE is_purchase AND in_90d) AS purchases_90d,
         count(*) FILTER (WHERE is_purchase) AS purchases
  FROM seen s
  GROUP BY s.product_id
),
buyers AS (
  SELECT product_id, count(*) AS buyers
  FROM (SELECT DISTINCT product_id, customer_id FROM seen WHERE is_purchase AND customer_id IS NOT NULL) one
  GROUP BY product_id
)
SELECT p.product_id, p.product_name, p.category_id, coalesce(p.brand, '') AS brand,
       coalesce(h.price, p.price) AS price,
       coalesce(p.is_perishable, false) AS is_perishable,
       p.launched_on,
       coalesce(n.views_28d, 0) AS views_28d,
       coalesce(n.purchases_28d, 0) AS purchases_28d,
       coalesce(n.purchases_90d, 0) AS purchases_90d,
       coalesce(n.purchases, 0) AS purchases,
       coalesce(b.buyers, 0) AS buyers
FROM raw.product_catalog p
LEFT JOIN prices h ON h.product_id = p.product_id
LEFT JOIN counts n ON n.product_id = p.product_id
LEFT JOIN buyers b ON b.product_id = p.product_id
WHERE (p.launched_on IS NULL OR CAST(p.launched_on AS TIMESTAMP) < $as_of)
  AND coalesce(h.price, p.price) IS NOT NULL AND p.category_id IS NOT NULL
ORDER BY p.product_id
