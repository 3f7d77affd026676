-- Products that can be recommended.
--
--   grain    product
--   reads    raw.product_catalog
--   as of    $as_of, excluded: a product that is launched later is not there yet
--   missing  launched_on NULL: always there; a product without category is in no catalogue
SELECT product_id
FROM raw.product_catalog
WHERE (launched_on IS NULL OR CAST(launched_on AS TIMESTAMP) < $as_of) AND category_id IS NOT NULL
ORDER BY product_id
