-- Feature view customer_features@1: what models know of a customer, snapshot by snapshot, for people who join it to
-- moments of their own. The pipeline reads the records that it derives from.
-- grain    one row per customer
-- key      customer_id, as_of
-- reads    gold.customer_360 (made as of the same $as_of); $tiers: loyalty_tier, loyalty_tier_num
-- as of    $as_of, stored with each row.
-- missing  NULL: nothing to average, never bought, birth date unknown.
-- example
--   raw.customers | customer_id=1 first_name=Ann zip_code=10001 date_of_birth=1990-02-28
--     customer_since_date=2024-03-15 loyalty_tier=Gold has_app=true
--   raw.product_catalog | product_id=7 product_name=Soap category_id=CAT-001 brand=GlowUp price=10.00
--   raw.event_stream | customer_id=1 event_type=order_complete event_timestamp='2026-11-20 10:00:00' order_id=O1
--     order_total=30.00
--   => customer_id=1 as_of='2026-11-24 00:00:00' age=36 loyalty_tier_num=2 total_orders=1 lifetime_spend=30.0
--     avg_order_value=30.0 days_since_purchase=3 avg_browsed_price=NULL last_purchase_at='2026-11-20 10:00:00'
SELECT c.customer_id,
       CAST($as_of AS TIMESTAMP) AS as_of,
       age,
       tenure_months,
       CAST(coalesce(t.loyalty_tier_num, 0) AS INTEGER) AS loyalty_tier_num,
       total_orders,
       CAST(lifetime_spend AS DOUBLE) AS lifetime_spend,
       avg_order_value,
       days_since_purchase,
       categories_purchased,
       total_browse_events,
       total_sessions,
       avg_browsed_price,
       add_to_cart_count,
       cart_abandonment_rate,
       store_ratio,
       engagement_score,
       date_of_birth,
       customer_since_date,
       last_purchase_date AS last_purchase_at
FROM gold.customer_360 c
LEFT JOIN $tiers t ON t.loyalty_tier = c.loyalty_tier
