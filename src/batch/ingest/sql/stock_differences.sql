-- Stock that files have given and that differs from what was there before them.
--
--   grain    row of raw.inventory that is new or differs
--   key      product_id, region
--   reads    raw.inventory, raw.aisle_stock_before
--   missing  where files give no delivery days ($gives_days), those of before
SELECT n.product_id, n.region, n.qty_on_hand,
       CASE WHEN $gives_days THEN n.est_delivery_days ELSE b.est_delivery_days END AS est_delivery_days
FROM raw.inventory n
LEFT JOIN raw.aisle_stock_before b ON b.product_id = n.product_id AND b.region = n.region
WHERE b.product_id IS NULL OR n.qty_on_hand IS DISTINCT FROM b.qty_on_hand
   OR ($gives_days AND n.est_delivery_days IS DISTINCT FROM b.est_delivery_days)
ORDER BY n.product_id, n.region;
