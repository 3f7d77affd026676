-- Who one customer is.
--
--   grain    one row at most
--   reads    gold.customer_360, raw.product_categories
--   as of    the last refresh
--   missing  NULL as in gold.customer_360; a category without a row keeps its id
SELECT c.first_name, c.last_name, c.age, c.city, c.state, c.zip_code, c.loyalty_tier, c.rfm_segment, c.total_orders,
       c.lifetime_spend, c.avg_order_value, c.days_since_purchase,
       coalesce(k.category_name, c.favorite_purchase_category) AS favorite_purchase_category, c.has_app
FROM gold.customer_360 c
LEFT JOIN raw.product_categories k ON k.category_id = c.favorite_purchase_category
WHERE c.customer_id = $customer
