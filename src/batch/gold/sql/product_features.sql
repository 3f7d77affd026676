-- Feature view product_features@1: what models know of a product, as customer_features.sql.
-- grain    one row per product
-- key      product_id, as_of
-- reads    gold.product_state (made as of the same $as_of)
-- as of    $as_of, stored with each row.
-- missing  launched_on is NULL when the product was always there.
-- example
--   raw.customers | customer_id=1 first_name=Ann zip_code=10001 date_of_birth=1990-02-28
--     customer_since_date=2024-03-15 loyalty_tier=Gold has_app=true
--   raw.product_catalog | product_id=7 product_name=Soap category_id=CAT-001 brand=GlowUp price=10.00
--   raw.event_stream | customer_id=1 event_type=search event_timestamp='2026-11-19 10:00:00'
--   => product_id=7 as_of='2026-11-24 00:00:00' category_id=CAT-001 brand=GlowUp price=10.0 product_tier=0
--     is_perishable=0 launched_on=NULL purchases=0
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
