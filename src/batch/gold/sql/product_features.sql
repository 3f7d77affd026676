-- Feature view product_features@1: what models know of a product, as customer_features.sql.
-- grain    one row per product
-- key      product_id, as_of
-- reads    gold.product_state (made as of the same $as_of)
-- as of    $as_of, stored with each row.
-- missing  launched_on is NULL when the product was always there.
SELECT product_id,
       CAST($as_of AS TIMESTAMP) AS as_of,
       category_id,
       brand,
       CAST(price AS DOUBLE) AS price,
       CAST(CASE WHEN price < 50 THEN 0 WHEN price < 150 THEN 1 ELSE 2 END AS INTEGER) AS product_tier,
       CAST(CASE WHEN is_perishable THEN 1 ELSE 0 END AS INTEGER) AS is_perishable,
       launched_on,
       views_28d, purchases_28d, purchases_90d, purchases, buyers
FROM gold.product_state
