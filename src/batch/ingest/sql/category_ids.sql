-- The categories that products may be of.
--
--   grain    category
--   reads    raw.product_categories
SELECT category_id FROM raw.product_categories;
