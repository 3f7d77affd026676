-- What each region's warehouse had just before $as_of.
-- grain    one row per (product, region) with something in stock
-- key      product_id, region
-- reads    raw.inventory_history; raw.inventory for what has no history
-- as of    valid_from < $as_of <= valid_to.
-- missing  delivery days are 0 when unknown.
-- example
--   raw.inventory_history | product_id=7 region=West qty_on_hand=5 est_delivery_days=2
--     valid_from='2026-01-01 00:00:00'
--   raw.inventory | product_id=7 region=West qty_on_hand=9
--   raw.inventory | product_id=8 region=South qty_on_hand=4
--   => product_id=7 region=West qty_on_hand=5 est_delivery_days=2
--   => product_id=8 region=South qty_on_hand=4 est_delivery_days=0
WITH
history AS (
  SELECT product_id, region, qty_on_hand, est_delivery_days
  FROM raw.inventory_history
  WHERE valid_from < $as_of AND (valid_to IS NULL OR valid_to >= $as_of)
),
never_recorded AS (
  SELECT i.product_id, i.region, i.qty_on_hand, i.est_delivery_days
  FROM raw.inventory i
  LEFT JOIN (SELECT DISTINCT product_id, region FROM raw.inventory_history) h
    ON h.product_id = i.product_id AND h.region = i.region
  WHERE h.product_id IS NULL
)
SELECT product_id, region, qty_on_hand, coalesce(est_delivery_days, 0) AS est_delivery_days
FROM (SELECT * FROM history UNION ALL SELECT * FROM never_recorded) s
WHERE qty_on_hand > 0
ORDER BY product_id, region
