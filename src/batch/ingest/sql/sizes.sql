-- How large the shop is where there are limits.
--
--   grain    one row
--   reads    raw.product_categories, raw.product_catalog, raw.customers
--   missing  a product without a brand has the empty one.
SELECT (SELECT count(*) FROM raw.product_categories) AS categories,
       (SELECT count(DISTINCT coalesce(brand, '')) FROM raw.product_catalog) AS brands,
       (SELECT count(*) FROM raw.product_catalog) AS products,
       (SELECT count(*) FROM raw.customers) AS customers;
