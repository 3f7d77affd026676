-- What is known of each customer, as sums, counts and last times: what every derived column and model input starts from.
-- grain    one row per customer who joined before $as_of
-- key      customer_id
-- reads    raw.customers, raw.customer_history, raw.event_stream; of $customers, a table with their customer_id
-- as of    events with event_timestamp < $as_of and ingested_at < $as_of; attributes as they stood just before $as_of.
-- not here how many categories they met: rows of customer_category.sql.
-- missing  counts are 0; times, birth date, zip code are NULL. A customer without history keeps today's attributes.
-- carts    a cart counts once it is decided: ordered within 24 hours of its last add, or 24 hours old without that.
-- how      each part reads the kinds and columns it needs from the events; one list of them for all parts would be
--          written out before it is read, and takes longer.
-- example
--   raw.customers | customer_id=1 zip_code=10001 loyalty_tier=Bronze customer_since_date=2024-03-15 has_app=true
--   raw.customers | customer_id=2 customer_since_date=2026-11-24
--   raw.customer_history | customer_id=1 zip_code=33101 loyalty_tier=Silver valid_from='2026-01-01 00:00:00'
--     has_app=false
--   raw.event_stream | customer_id=1 event_type=search event_timestamp='2026-11-19 10:00:00' session_id=S1
--     channel=Web
--   raw.event_stream | customer_id=1 event_type=add_to_cart event_timestamp='2026-11-19 10:05:00' cart_id=C1
--   raw.event_stream | customer_id=1 event_type=order_complete event_timestamp='2026-11-20 10:00:00' cart_id=C1
--     order_id=O1 order_total=30.00
--   raw.event_stream | customer_id=1 event_type=order_complete event_timestamp='2026-11-20 10:00:00' cart_id=C1
--     order_id=O1 order_total=30.00
--   => customer_id=1 loyalty_tier=Silver zip_code=33101 has_app=false events=4 total_orders=1 lifetime_spend=30.00
--     total_browse_events=1 total_sessions=1 add_to_cart_count=1 carts_started=1 carts_abandoned=0
--     last_purchase_at='2026-11-20 10:00:00'
WITH
attributes AS (
  SELECT customer_id, loyalty_tier, has_app, email_subscriber, sms_subscriber, city, state, zip_code
  FROM raw.customer_history
  WHERE valid_from < $as_of AND (valid_to IS NULL OR valid_to >= $as_of)
),
counts AS (
  SELECT customer_id,
         count(*) AS events,
         count(*) FILTER (WHERE channel = 'Store') AS store_events,
         max(event_timestamp) AS last_event_at,
         max(event_timestamp) FILTER (WHERE is_purchase) AS last_purchase_at,
         count(*) FILTER (WHERE is_browse) AS total_browse_events,
         CAST(sum(product_price) FILTER (WHERE is_browse) AS DECIMAL(18, 2)) AS browsed_price_sum,
         count(product_price) FILTER (WHERE is_browse) AS browsed_price_count,
         count(*) FILTER (WHERE event_type = 'add_to_cart') AS add_to_cart_count,
         CAST(sum(points_earned) FILTER (WHERE event_type = 'points_earned') AS BIGINT) AS total_points_earned,
         CAST(sum(points_redeemed) FILTER (WHERE event_type = 'points_redeemed') AS BIGINT) AS total_points_redeemed
  FROM (
    SELECT customer_id, event_type, event_timestamp, channel, product_price, points_earned, points_redeemed,
           event_type IN $browse_kinds AS is_browse, event_type IN $purchase_kinds AS is_purchase
    FROM raw.event_stream
    WHERE event_timestamp < $as_of AND ingested_at < $as_of AND customer_id IN (SELECT customer_id FROM $customers)
  ) seen
  GROUP BY customer_id
),
sessions AS (
  SELECT customer_id, count(*) AS total_sessions
  FROM (
    SELECT DISTINCT customer_id, session_id
    FROM raw.event_stream
    WHERE event_timestamp < $as_of AND ingested_at < $as_of AND customer_id IN (SELECT customer_id FROM $customers)
      AND event_type IN $browse_kinds AND session_id IS NOT NULL
  ) one
  GROUP BY customer_id
),
orders AS (
  SELECT customer_id, count(*) AS total_orders, CAST(sum(order_total) AS DECIMAL(18, 2)) AS lifetime_spend
  FROM (
    SELECT customer_id, order_id, max(order_total) AS order_total
    FROM raw.event_stream
    WHERE event_timestamp < $as_of AND ingested_at < $as_of AND customer_id IN (SELECT customer_id FROM $customers)
      AND event_type IN $purchase_kinds AND order_id IS NOT NULL
    GROUP BY customer_id, order_id
  ) one
  GROUP BY customer_id
),
carts AS (
  SELECT customer_id,
         count(*) AS carts_started,
         count(*) FILTER (WHERE NOT ordered) AS carts_abandoned
  FROM (
    SELECT customer_id, last_add_at, ordered_at IS NOT NULL AND ordered_at <= last_add_at + INTERVAL '24' HOUR AS ordered
    FROM (
      SELECT customer_id, cart_id,
             max(event_timestamp) FILTER (WHERE event_type = 'add_to_cart') AS last_add_at,
             min(event_timestamp) FILTER (WHERE event_type = 'order_complete') AS ordered_at
      FROM raw.event_stream
      WHERE event_timestamp < $as_of AND ingested_at < $as_of AND customer_id IN (SELECT customer_id FROM $customers)
        AND cart_id IS NOT NULL AND event_type IN ('add_to_cart', 'order_complete')
      GROUP BY customer_id, cart_id
    ) cart
    WHERE last_add_at IS NOT NULL
  ) one
  WHERE ordered OR last_add_at <= CAST($as_of AS TIMESTAMP) - INTERVAL '24' HOUR
  GROUP BY customer_id
)
SELECT c.customer_id,
       c.date_of_birth,
       c.customer_since_date,
       coalesce(a.loyalty_tier, c.loyalty_tier) AS loyalty_tier,
       coalesce(a.has_app, c.has_app, false) AS has_app,
       coalesce(a.email_subscriber, c.email_subscriber, false) AS email_subscriber,
       coalesce(a.sms_subscriber, c.sms_subscriber, false) AS sms_subscriber,
       coalesce(a.city, c.city) AS city,
       coalesce(a.state, c.state) AS state,
       coalesce(a.zip_code, c.zip_code) AS zip_code,
       coalesce(n.events, 0) AS events,
       coalesce(n.store_events, 0) AS store_events,
       n.last_event_at,
       n.last_purchase_at,
       coalesce(o.total_orders, 0) AS total_orders,
       coalesce(o.lifetime_spend, CAST(0 AS DECIMAL(18, 2))) AS lifetime_spend,
       coalesce(n.total_browse_events, 0) AS total_browse_events,
       coalesce(s.total_sessions, 0) AS total_sessions,
       coalesce(n.browsed_price_sum, CAST(0 AS DECIMAL(18, 2))) AS browsed_price_sum,
       coalesce(n.browsed_price_count, 0) AS browsed_price_count,
       coalesce(n.add_to_cart_count, 0) AS add_to_cart_count,
       coalesce(k.carts_started, 0) AS carts_started,
       coalesce(k.carts_abandoned, 0) AS carts_abandoned,
       coalesce(n.total_points_earned, 0) AS total_points_earned,
       coalesce(n.total_points_redeemed, 0) AS total_points_redeemed
FROM raw.customers c
LEFT JOIN attributes a ON a.customer_id = c.customer_id
LEFT JOIN counts n ON n.customer_id = c.customer_id
LEFT JOIN sessions s ON s.customer_id = c.customer_id
LEFT JOIN orders o ON o.customer_id = c.customer_id
LEFT JOIN carts k ON k.customer_id = c.customer_id
WHERE c.customer_id IN (SELECT customer_id FROM $customers)
  AND (c.customer_since_date IS NULL OR CAST(c.customer_since_date AS TIMESTAMP) < $as_of)
ORDER BY c.customer_id
