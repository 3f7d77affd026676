-- The raw tables, one statement each, and the schemas of the warehouse. Safe to run again.
--
--   grain    as said above each table.
--   key      as said above each table; not declared, because checking one at load time would cost more
--            than the load. The importer and the generator keep them.
--   units    money in the retailer's currency; times UTC.
--   missing  NULL: not known, or does not apply.
--   twin     core/raw/tables.cc says columns and types again, with what may stand in them; a test compares.
--   source   the quickstart's tables; regions and postal codes are ours. INT is 32 bits, STRING is text, and lists
--            are written the DuckDB way (Spark: ARRAY<BIGINT>); the rest reads the same on both.
CREATE SCHEMA IF NOT EXISTS raw;
CREATE SCHEMA IF NOT EXISTS gold;
CREATE SCHEMA IF NOT EXISTS feature_store;
CREATE SCHEMA IF NOT EXISTS ml_registry;
CREATE SCHEMA IF NOT EXISTS oracle;

-- key: region. region_order: regions have their place in everything by it. None: the quickstart's five.
CREATE TABLE IF NOT EXISTS raw.regions (
  region STRING,
  warehouse_name STRING,
  region_order INT
);

-- key: country, prefix. Codes of the country that begin with the prefix are the region's; the longest wins.
CREATE TABLE IF NOT EXISTS raw.postal_regions (
  country STRING,
  prefix STRING,
  region STRING
);

-- key: country, format. 9: a digit; A: a letter; a blank: an optional blank or hyphen; else itself. A country
-- without a format takes any code that begins with one of its prefixes.
CREATE TABLE IF NOT EXISTS raw.postal_formats (
  country STRING,
  format STRING
);

-- key: store_id
CREATE TABLE IF NOT EXISTS raw.stores (
  store_id BIGINT,
  store_code STRING,
  store_type STRING,
  city STRING,
  state STRING,
  region STRING,
  location_type STRING,
  square_feet INT,
  zip_code STRING
);

-- key: category_id
CREATE TABLE IF NOT EXISTS raw.product_categories (
  category_id STRING,
  department STRING,
  category_name STRING,
  min_price DECIMAL(12,2),
  max_price DECIMAL(12,2)
);

-- key: tier_id. Tiers rise by min_annual_spend. None: the quickstart's four.
CREATE TABLE IF NOT EXISTS raw.loyalty_tiers (
  tier_id STRING,
  tier_name STRING,
  min_annual_spend DECIMAL(12,2),
  max_annual_spend DECIMAL(12,2),
  points_multiplier DOUBLE,
  discount_pct INT
);

-- key: promo_code
CREATE TABLE IF NOT EXISTS raw.promotions (
  promo_code STRING,
  description STRING,
  discount_pct INT,
  starts_on DATE,
  ends_on DATE
);

-- key: product_id. The newest state. launched_on NULL: always known. hidden NULL: it is not.
CREATE TABLE IF NOT EXISTS raw.product_catalog (
  product_id BIGINT,
  product_name STRING,
  category_id STRING,
  department STRING,
  category_name STRING,
  brand STRING,
  price DECIMAL(12,2),
  weight_lbs DOUBLE,
  is_perishable BOOLEAN,
  product_type STRING,
  launched_on DATE,
  hidden BOOLEAN
);
-- Warehouses made before products could be hidden.
ALTER TABLE raw.product_catalog ADD COLUMN IF NOT EXISTS hidden BOOLEAN;

-- key: product_id, region. The newest state.
CREATE TABLE IF NOT EXISTS raw.inventory (
  product_id BIGINT,
  region STRING,
  warehouse_name STRING,
  qty_on_hand INT,
  est_delivery_days INT,
  last_updated TIMESTAMP
);

-- key: customer_id. The newest state.
CREATE TABLE IF NOT EXISTS raw.customers (
  customer_id BIGINT,
  email STRING,
  phone STRING,
  first_name STRING,
  last_name STRING,
  date_of_birth DATE,
  gender STRING,
  street_address STRING,
  city STRING,
  state STRING,
  zip_code STRING,
  customer_since_date DATE,
  loyalty_tier STRING,
  has_app BOOLEAN,
  email_subscriber BOOLEAN,
  sms_subscriber BOOLEAN
);

-- key: customer_id, valid_from. A row holds in [valid_from, valid_to); valid_to NULL: still.
CREATE TABLE IF NOT EXISTS raw.customer_history (
  customer_id BIGINT,
  loyalty_tier STRING,
  has_app BOOLEAN,
  email_subscriber BOOLEAN,
  sms_subscriber BOOLEAN,
  city STRING,
  state STRING,
  zip_code STRING,
  valid_from TIMESTAMP,
  valid_to TIMESTAMP
);

-- key: product_id, valid_from. A row holds in [valid_from, valid_to); valid_to NULL: still.
CREATE TABLE IF NOT EXISTS raw.price_history (
  product_id BIGINT,
  price DECIMAL(12,2),
  valid_from TIMESTAMP,
  valid_to TIMESTAMP
);

-- key: product_id, region, valid_from. A row holds in [valid_from, valid_to); valid_to NULL: still.
CREATE TABLE IF NOT EXISTS raw.inventory_history (
  product_id BIGINT,
  region STRING,
  qty_on_hand INT,
  est_delivery_days INT,
  valid_from TIMESTAMP,
  valid_to TIMESTAMP
);

-- key: event_id, kept by whoever writes, not by a constraint. event_timestamp: when it happened;
-- ingested_at: when a retailer's systems knew of it; loaded_at: when it came into this table (audit).
CREATE TABLE IF NOT EXISTS raw.event_stream (
  event_id STRING,
  customer_id BIGINT,
  event_type STRING,
  event_timestamp TIMESTAMP,
  channel STRING,
  session_id STRING,
  device_type STRING,
  product_id BIGINT,
  product_category STRING,
  product_price DECIMAL(12,2),
  quantity INT,
  cart_value DECIMAL(12,2),
  order_id STRING,
  order_total DECIMAL(12,2),
  store_id BIGINT,
  promo_code STRING,
  points_earned INT,
  points_redeemed INT,
  order_line INT,
  line_total DECIMAL(12,2),
  cart_id STRING,
  visitor_id STRING,
  ingested_at TIMESTAMP,
  loaded_at TIMESTAMP
);

-- key: visitor_id, customer_id. From linked_at on the visitor is known to be the customer.
CREATE TABLE IF NOT EXISTS raw.identities (
  visitor_id STRING,
  customer_id BIGINT,
  linked_at TIMESTAMP
);

-- key: kind, source_id; also kind, id. A retailer's own text ids and the BIGINT ids made for them.
CREATE TABLE IF NOT EXISTS raw.id_map (
  kind STRING,
  source_id STRING,
  id BIGINT
);

-- key: request_id. One row per answer; the three lists are in rank order and equally long. A version
-- of 0: no such model took part.
CREATE TABLE IF NOT EXISTS raw.impressions (
  request_id STRING,
  served_at TIMESTAMP,
  customer_id BIGINT,
  visitor_id STRING,
  region STRING,
  product_ids BIGINT[],
  scores DOUBLE[],
  sources STRING[],
  ranking_version INT,
  propensity_version INT,
  generation BIGINT,
  experiment_arm STRING,
  is_batch BOOLEAN
);
-- Warehouses made before answers of a batch were told apart.
ALTER TABLE raw.impressions ADD COLUMN IF NOT EXISTS is_batch BOOLEAN;

-- key: source, table_name, line, reason. Rows of imported files that could not be read. line: the
-- line of a CSV file, counted from 1 with the header; the row of a Parquet file or query, from 1.
CREATE TABLE IF NOT EXISTS raw.rejects (
  source STRING,
  table_name STRING,
  line BIGINT,
  reason STRING,
  row_text STRING,
  rejected_at TIMESTAMP
);

-- key: key. What the raw tables are and where they come from: format, source, stated defaults; retailer.currency,
-- retailer.minor_unit and retailer.time_zone. Not there: the quickstart's (USD, 2, UTC).
CREATE TABLE IF NOT EXISTS raw.about (
  key STRING,
  value STRING
);
