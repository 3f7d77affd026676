-- The categories that products refer to.
-- grain    one row per category
-- key      category_id
-- reads    raw.product_categories
-- as of    not dated
-- missing  a name that is NULL is the id.
-- example
--   raw.product_categories | category_id=CAT-002
--   raw.product_categories | category_id=CAT-001 category_name=Skincare department=Beauty
--   => category_id=CAT-001 category_name=Skincare department=Beauty
--   => category_id=CAT-002 category_name=CAT-002 department=
SELECT category_id, coalesce(category_name, category_id) AS category_name, coalesce(department, '') AS department
FROM raw.product_categories
ORDER BY category_id
