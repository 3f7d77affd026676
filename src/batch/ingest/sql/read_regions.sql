-- The retailer's regions in their order.
--
--   grain    region
--   reads    raw.regions
--   missing  no rows: the quickstart's. NULL is an empty text; without an order, a region comes first.
SELECT coalesce(region, '') AS region, coalesce(warehouse_name, '') AS warehouse_name
FROM raw.regions
ORDER BY coalesce(region_order, 0), region;
