-- The categories that products may be of.
--
--   grain    category
--   key      category_id
--   reads    raw.product_categories
--   as of    now
--   missing  nothing
SELECT category_id FROM raw.product_categories;
