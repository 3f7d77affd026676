-- Stock that an import of the moment $begun made go on otherwise than a change before it said.
--
--   grain    product_id, region
--   reads    raw.inventory_history
--   as of    $begun exactly: what the import's own row begins at
--   missing  delivery days are 0 when unknown.
SELECT product_id, region, qty_on_hand, coalesce(est_delivery_days, 0) AS est_delivery_days
FROM raw.inventory_history
WHERE valid_from = $begun AND valid_to IS NULL
ORDER BY product_id, region
