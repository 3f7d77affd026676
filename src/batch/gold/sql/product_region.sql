-- What each region bought of each product: what answers when no model can.
-- grain    one row per (product, region) with a purchase in the 90 days before $as_of
-- key      product_id, region_index
-- reads    raw.customers, raw.customer_history, raw.event_stream; $postal_regions: zip_code, region_index
-- as of    events with event_timestamp < $as_of and ingested_at < $as_of; zip codes just before $as_of.
-- missing  a buyer who is not known, or whose zip code is in no region, counts for the first region (index 0), as
--          their requests do.
-- example
--   raw.customers | customer_id=1 zip_code=94105
--   raw.event_stream | customer_id=1 product_id=7 event_type=pos_purchase event_timestamp='2026-11-20 10:00:00'
--   raw.event_stream | customer_id=9 product_id=7 event_type=pos_purchase event_timestamp='2026-11-20 10:00:00'
--   raw.event_stream | customer_id=9 product_id=7 event_type=pos_purchase event_timestamp='2026-11-21 10:00:00'
--   raw.event_stream | customer_id=1 product_id=7 event_type=pos_purchase event_timestamp='2026-08-20 10:00:00'
--   => product_id=7 region_index=0 purchases_90d=2
--   => product_id=7 region_index=4 purchases_90d=1
WITH
homes AS (
  SELECT c.customer_id, z.region_index
  FROM raw.customers c
  LEFT JOIN raw.customer_history h
    ON h.customer_id = c.customer_id AND h.valid_from < $as_of AND (h.valid_to IS NULL OR h.valid_to >= $as_of)
  JOIN $postal_regions z ON z.zip_code = coalesce(h.zip_code, c.zip_code)
)
SELECT e.product_id,
       coalesce(h.region_index, 0) AS region_index,
       count(*) AS purchases_90d
FROM raw.event_stream e
LEFT JOIN homes h ON h.customer_id = e.customer_id
WHERE e.event_timestamp < $as_of AND e.ingested_at < $as_of
  AND e.event_timestamp >= CAST($as_of AS TIMESTAMP) - INTERVAL '90' DAY
  AND e.product_id IS NOT NULL AND e.event_type IN $purchase_kinds
GROUP BY e.product_id, coalesce(h.region_index, 0)
ORDER BY e.product_id, region_index
