-- The history of each customer with each category.
-- grain    one row per (customer, category) that ever met
-- key      customer_id, category_id
-- reads    raw.event_stream; of $customers, a table with their customer_id
-- as of    events with event_timestamp < $as_of and ingested_at < $as_of; windows end at $as_of.
-- missing  last times are NULL if it never happened. Events without a session count for no session.
-- example
--   raw.customers | customer_id=1
--   raw.event_stream | customer_id=1 event_type=product_view event_timestamp='2026-01-01 10:00:00'
--     product_category=CAT-001 session_id=S1
--   raw.event_stream | customer_id=1 event_type=product_view event_timestamp='2026-01-01 10:05:00'
--     product_category=CAT-001 session_id=S1
--   raw.event_stream | customer_id=1 event_type=order_complete event_timestamp='2026-11-20 10:00:00'
--     product_category=CAT-001 session_id=S2
--   => customer_id=1 category_id=CAT-001 sessions=2 sessions_28d=1 browses=2 purchases=1
--     last_event_at='2026-11-20 10:00:00' last_browse_at='2026-01-01 10:05:00'
--     last_purchase_at='2026-11-20 10:00:00'
WITH
seen AS (
  SELECT customer_id, product_category AS category_id, event_timestamp, session_id,
         event_type IN $browse_kinds AS is_browse,
         event_type IN $purchase_kinds AS is_purchase
  FROM raw.event_stream
  WHERE event_timestamp < $as_of AND ingested_at < $as_of
    AND customer_id IN (SELECT customer_id FROM $customers) AND product_category IS NOT NULL
),
-- One row per session first: a distinct count made of two plain groupings.
visits AS (
  SELECT customer_id, category_id, session_id,
         count(*) FILTER (WHERE is_browse) AS browses,
         count(*) FILTER (WHERE is_purchase) AS purchases,
         max(event_timestamp) AS last_event_at,
         max(event_timestamp) FILTER (WHERE is_browse) AS last_browse_at,
         max(event_timestamp) FILTER (WHERE is_purchase) AS last_purchase_at
  FROM seen
  GROUP BY customer_id, category_id, session_id
)
SELECT customer_id, category_id,
       count(session_id) AS sessions,
       count(session_id) FILTER (WHERE last_event_at >= CAST($as_of AS TIMESTAMP) - INTERVAL '28' DAY) AS sessions_28d,
       CAST(sum(browses) AS BIGINT) AS browses,
       CAST(sum(purchases) AS BIGINT) AS purchases,
       max(last_event_at) AS last_event_at,
       max(last_browse_at) AS last_browse_at,
       max(last_purchase_at) AS last_purchase_at
FROM visits
GROUP BY customer_id, category_id
ORDER BY customer_id, category_id
