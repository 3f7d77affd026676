-- Products that nobody is shown.
-- grain    one row per product that is hidden
-- key      product_id
-- reads    raw.product_catalog
-- as of    not dated: the newest state
-- missing  a product of which nothing is said is not hidden.
-- example
--   raw.product_catalog | product_id=7 hidden=true
--   raw.product_catalog | product_id=8 hidden=false
--   raw.product_catalog | product_id=9
--   => product_id=7
SELECT product_id
FROM raw.product_catalog
WHERE hidden
ORDER BY product_id
