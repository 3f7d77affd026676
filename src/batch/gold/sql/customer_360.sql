-- Customer 360: who the customer is, what they did, how much they are worth, in the quickstart's columns.
-- grain    one row per customer of gold.customer_state
-- key      customer_id
-- reads    gold.customer_state and gold.customer_category (made as of the same $as_of), raw.customers, raw.event_stream
-- as of    events with event_timestamp < $as_of and ingested_at < $as_of.
-- missing  averages, rates, recency and favourites are NULL when there is nothing to take them of.
-- twin     engagement_score and the derived columns are model inputs too: core/features/customer_inputs.cc; tests
--          hold both together (gold_test.cc, tests/parity/feature_parity_test.cc).
-- ties     favourites: most frequent, then most recent, then the smaller name.
-- example
--   raw.customers | customer_id=1 first_name=Ann zip_code=10001 date_of_birth=1990-02-28
--     customer_since_date=2024-03-15 loyalty_tier=Gold has_app=true
--   raw.product_catalog | product_id=7 product_name=Soap category_id=CAT-001 brand=GlowUp price=10.00
--   raw.event_stream | customer_id=1 event_type=search event_timestamp='2026-11-19 10:00:00' session_id=S1
--     channel=Web product_category=CAT-001
--   raw.event_stream | customer_id=1 event_type=pos_purchase event_timestamp='2026-11-20 10:00:00' channel=Store
--     order_id=O1 order_total=30.00 product_id=7 product_category=CAT-002
--   => customer_id=1 age=36 tenure_months=32 loyalty_tier=Gold total_orders=1 lifetime_spend=30.00
--     days_since_purchase=3 favorite_browse_category=CAT-001 favorite_purchase_category=CAT-002
--     preferred_channel=Store preferred_device=NULL categories_browsed=1 categories_purchased=1 store_ratio=0.5
--     rfm_segment=Active engagement_score=15.3
WITH
categories AS (
  SELECT customer_id,
         count(*) FILTER (WHERE browses > 0) AS categories_browsed,
         count(*) FILTER (WHERE purchases > 0) AS categories_purchased
  FROM gold.customer_category
  GROUP BY customer_id
),
browse_favorites AS (
  SELECT customer_id, category_id AS value FROM gold.customer_category WHERE browses > 0
  QUALIFY row_number() OVER (PARTITION BY customer_id ORDER BY browses DESC, last_browse_at DESC, category_id) = 1
),
purchase_favorites AS (
  SELECT customer_id, category_id AS value FROM gold.customer_category WHERE purchases > 0
  QUALIFY row_number() OVER (PARTITION BY customer_id ORDER BY purchases DESC, last_purchase_at DESC, category_id) = 1
),
-- The only pass over the events: few rows are left of it, for both favourites.
places AS (
  SELECT customer_id, channel, device_type, count(*) AS events, max(event_timestamp) AS last_at
  FROM raw.event_stream
  WHERE event_timestamp < $as_of AND ingested_at < $as_of AND customer_id IS NOT NULL
  GROUP BY customer_id, channel, device_type
),
channels AS (
  SELECT customer_id, channel AS value
  FROM places WHERE channel IS NOT NULL GROUP BY customer_id, channel
  QUALIFY row_number() OVER (PARTITION BY customer_id ORDER BY sum(events) DESC, max(last_at) DESC, channel) = 1
),
devices AS (
  SELECT customer_id, device_type AS value
  FROM places WHERE device_type IS NOT NULL GROUP BY customer_id, device_type
  QUALIFY row_number() OVER (PARTITION BY customer_id ORDER BY sum(events) DESC, max(last_at) DESC, device_type) = 1
),
derived AS (
  SELECT s.*,
         extract(YEAR FROM CAST($as_of AS DATE)) - extract(YEAR FROM s.date_of_birth)
           - CASE WHEN extract(MONTH FROM CAST($as_of AS DATE)) * 100 + extract(DAY FROM CAST($as_of AS DATE))
                    < extract(MONTH FROM s.date_of_birth) * 100 + extract(DAY FROM s.date_of_birth)
                  THEN 1 ELSE 0 END AS age,
         (extract(YEAR FROM CAST($as_of AS DATE)) - extract(YEAR FROM s.customer_since_date)) * 12
           + extract(MONTH FROM CAST($as_of AS DATE)) - extract(MONTH FROM s.customer_since_date)
           - CASE WHEN extract(DAY FROM CAST($as_of AS DATE)) < extract(DAY FROM s.customer_since_date)
                  THEN 1 ELSE 0 END AS tenure_months,
         CAST(floor(CAST(@epoch_us($as_of) - @epoch_us(s.last_purchase_at) AS DOUBLE) / 86400000000.0) AS BIGINT)
           AS days_since_purchase,
         CASE WHEN s.total_orders > 0
              THEN CAST(s.lifetime_spend AS DOUBLE) / CAST(s.total_orders AS DOUBLE) END AS avg_order_value,
         CASE WHEN s.browsed_price_count > 0
              THEN CAST(s.browsed_price_sum AS DOUBLE) / CAST(s.browsed_price_count AS DOUBLE) END AS avg_browsed_price,
         CASE WHEN s.carts_started > 0
              THEN CAST(s.carts_abandoned AS DOUBLE) / CAST(s.carts_started AS DOUBLE) END AS cart_abandonment_rate,
         CASE WHEN s.events > 0
              THEN CAST(s.store_events AS DOUBLE) / CAST(s.events AS DOUBLE) ELSE 0.0 END AS store_ratio,
         CAST(s.total_sessions AS DECIMAL(18, 2)) * CAST(0.3 AS DECIMAL(18, 2))
           + CAST(s.total_orders AS DECIMAL(18, 2)) * CAST(5 AS DECIMAL(18, 2))
           + CAST(s.total_points_earned AS DECIMAL(18, 2)) * CAST(0.01 AS DECIMAL(18, 2))
           + CASE WHEN s.has_app THEN 10 ELSE 0 END
           + CASE WHEN s.email_subscriber THEN 5 ELSE 0 END AS engagement
  FROM gold.customer_state s
)
SELECT d.customer_id, c.first_name, c.last_name, c.email, c.gender, d.date_of_birth,
       CAST(d.age AS INTEGER) AS age,
       d.city, d.state, d.zip_code, d.customer_since_date,
       CAST(d.tenure_months AS INTEGER) AS tenure_months,
       d.loyalty_tier, d.has_app, d.email_subscriber, d.sms_subscriber,
       CAST(d.total_orders AS INTEGER) AS total_orders,
       d.lifetime_spend,
       d.avg_order_value,
       d.last_purchase_at AS last_purchase_date,
       CAST(d.days_since_purchase AS INTEGER) AS days_since_purchase,
       CAST(coalesce(g.categories_purchased, 0) AS INTEGER) AS categories_purchased,
       CAST(d.total_browse_events AS INTEGER) AS total_browse_events,
       CAST(d.total_sessions AS INTEGER) AS total_sessions,
       CAST(coalesce(g.categories_browsed, 0) AS INTEGER) AS categories_browsed,
       b.value AS favorite_browse_category,
       d.avg_browsed_price,
       CAST(d.add_to_cart_count AS INTEGER) AS add_to_cart_count,
       CAST(d.carts_started AS INTEGER) AS carts_started,
       CAST(d.carts_abandoned AS INTEGER) AS abandoned_cart_count,
       d.cart_abandonment_rate,
       h.value AS preferred_channel,
       v.value AS preferred_device,
       d.store_ratio,
       d.total_points_earned, d.total_points_redeemed,
       p.value AS favorite_purchase_category,
       CASE
         WHEN d.days_since_purchase <= 30 AND d.total_orders >= 5 AND d.lifetime_spend >= 500 THEN 'Champion'
         WHEN d.total_orders >= 3 AND d.lifetime_spend >= 200 THEN 'Loyal'
         WHEN d.days_since_purchase <= 60 THEN 'Active'
         WHEN d.days_since_purchase <= 180 THEN 'At_Risk'
         ELSE 'Dormant'
       END AS rfm_segment,
       CAST(round(CAST(CASE WHEN d.engagement > 100 THEN 100 ELSE d.engagement END AS DECIMAL(18, 2)), 1) AS DOUBLE)
         AS engagement_score
FROM derived d
JOIN raw.customers c ON c.customer_id = d.customer_id
LEFT JOIN categories g ON g.customer_id = d.customer_id
LEFT JOIN browse_favorites b ON b.customer_id = d.customer_id
LEFT JOIN purchase_favorites p ON p.customer_id = d.customer_id
LEFT JOIN channels h ON h.customer_id = d.customer_id
LEFT JOIN devices v ON v.customer_id = d.customer_id
ORDER BY d.customer_id
