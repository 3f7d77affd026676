-- The tables that keep what refreshes leave behind: their history, snapshots of the feature views, and what the views
-- are.
-- grain    gold.refresh_history: one row per table and refresh, data_mark only in those of the last one; snapshots: one per entity and as_of;
--          feature_store.feature_views: one per view, version and column
-- key      as the grain
-- reads    nothing
-- as of    not dated
-- missing  see customer_features.sql, product_features.sql
-- example none: it makes tables
CREATE SCHEMA IF NOT EXISTS gold;
CREATE SCHEMA IF NOT EXISTS feature_store;
CREATE TABLE IF NOT EXISTS gold.refresh_history (
  table_name STRING, started_at TIMESTAMP, finished_at TIMESTAMP, as_of TIMESTAMP, mode STRING, rows_changed BIGINT,
  target_lag_minutes INTEGER, lag_minutes DOUBLE, data_mark STRING
);
ALTER TABLE gold.refresh_history ADD COLUMN IF NOT EXISTS data_mark STRING;
UPDATE gold.refresh_history SET data_mark = NULL WHERE data_mark IS NOT NULL;
CREATE TABLE IF NOT EXISTS feature_store.customer_features (
  customer_id BIGINT, as_of TIMESTAMP, age INTEGER, tenure_months INTEGER, loyalty_tier_num INTEGER,
  total_orders INTEGER, lifetime_spend DOUBLE, avg_order_value DOUBLE, days_since_purchase INTEGER,
  categories_purchased INTEGER, total_browse_events INTEGER, total_sessions INTEGER, avg_browsed_price DOUBLE,
  add_to_cart_count INTEGER, cart_abandonment_rate DOUBLE, store_ratio DOUBLE, engagement_score DOUBLE,
  date_of_birth DATE, customer_since_date DATE, last_purchase_at TIMESTAMP
);
CREATE TABLE IF NOT EXISTS feature_store.product_features (
  product_id BIGINT, as_of TIMESTAMP, category_id STRING, brand STRING, price DOUBLE, product_tier INTEGER,
  is_perishable INTEGER, launched_on DATE, views_28d BIGINT, purchases_28d BIGINT, purchases_90d BIGINT,
  purchases BIGINT, buyers BIGINT
);
CREATE OR REPLACE TABLE feature_store.feature_views AS
SELECT * FROM (VALUES
  ('customer_features', 1, 'customer', 'age', 'INTEGER', 'years', 'completed years at as_of; NULL without a birth date'),
  ('customer_features', 1, 'customer', 'tenure_months', 'INTEGER', 'months', 'completed months since joining'),
  ('customer_features', 1, 'customer', 'loyalty_tier_num', 'INTEGER', '', '0 for the lowest of raw.loyalty_tiers, then rising'),
  ('customer_features', 1, 'customer', 'total_orders', 'INTEGER', 'orders', 'distinct orders'),
  ('customer_features', 1, 'customer', 'lifetime_spend', 'DOUBLE', 'currency', 'sum of order totals'),
  ('customer_features', 1, 'customer', 'avg_order_value', 'DOUBLE', 'currency', 'per distinct order; NULL without one'),
  ('customer_features', 1, 'customer', 'days_since_purchase', 'INTEGER', 'days', 'whole days; NULL if never'),
  ('customer_features', 1, 'customer', 'categories_purchased', 'INTEGER', 'categories', 'distinct'),
  ('customer_features', 1, 'customer', 'total_browse_events', 'INTEGER', 'events', 'views, category browses, searches'),
  ('customer_features', 1, 'customer', 'total_sessions', 'INTEGER', 'sessions', 'distinct, with a browse event'),
  ('customer_features', 1, 'customer', 'avg_browsed_price', 'DOUBLE', 'currency', 'NULL if nothing was browsed'),
  ('customer_features', 1, 'customer', 'add_to_cart_count', 'INTEGER', 'adds', ''),
  ('customer_features', 1, 'customer', 'cart_abandonment_rate', 'DOUBLE', 'share', 'of decided carts; NULL without one'),
  ('customer_features', 1, 'customer', 'store_ratio', 'DOUBLE', 'share', 'of events in shops'),
  ('customer_features', 1, 'customer', 'engagement_score', 'DOUBLE', '', '0 to 100, one decimal'),
  ('customer_features', 1, 'customer', 'date_of_birth', 'DATE', '', 'to compute age at the request'),
  ('customer_features', 1, 'customer', 'customer_since_date', 'DATE', '', 'to compute tenure at the request'),
  ('customer_features', 1, 'customer', 'last_purchase_at', 'TIMESTAMP', 'UTC', 'to compute recency at the request'),
  ('product_features', 1, 'product', 'category_id', 'STRING', '', 'raw.product_categories'),
  ('product_features', 1, 'product', 'brand', 'STRING', '', 'empty when unknown'),
  ('product_features', 1, 'product', 'price', 'DOUBLE', 'currency', 'just before as_of'),
  ('product_features', 1, 'product', 'product_tier', 'INTEGER', '', '0 below 50, 1 below 150, 2 from there; currency'),
  ('product_features', 1, 'product', 'is_perishable', 'INTEGER', '', '0 or 1'),
  ('product_features', 1, 'product', 'launched_on', 'DATE', '', 'NULL: always there'),
  ('product_features', 1, 'product', 'views_28d', 'BIGINT', 'views', 'by everybody in the 28 days before as_of'),
  ('product_features', 1, 'product', 'purchases_28d', 'BIGINT', 'lines', 'by everybody in the 28 days before as_of'),
  ('product_features', 1, 'product', 'purchases_90d', 'BIGINT', 'lines', 'by everybody in the 90 days before as_of'),
  ('product_features', 1, 'product', 'purchases', 'BIGINT', 'lines', 'by everybody, ever'),
  ('product_features', 1, 'product', 'buyers', 'BIGINT', 'customers', 'distinct, ever')
) AS v(view_name, version, entity, column_name, type, unit, meaning)
