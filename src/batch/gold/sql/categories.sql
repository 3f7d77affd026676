-- The categories that products refer to.
-- grain    one row per category
-- key      category_id
-- reads    raw.product_categories
-- as of    not dated
-- missing  a name that is NULL is the id.
SELECT category_id, coalesce(category_name, category_id) AS category_name, coalesce(department, '') AS department
FROM raw.product_categories
ORDER BY category_id
