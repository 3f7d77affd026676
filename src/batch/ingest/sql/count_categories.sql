-- How many categories products are of, as they are spelled.
--
--   grain    one row
--   reads    raw.product_catalog
SELECT count(DISTINCT category_id) AS categories FROM raw.product_catalog;
