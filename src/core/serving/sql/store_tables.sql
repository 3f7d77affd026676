-- The serving tables in Postgres: what is loaded of a published generation, and what servers write.
-- grain    as the comments of the tables say
-- key      the primary keys
-- reads    nothing
-- as of    aisle_meta: the generation's. Rows that a sync left alone have an older generation of their own; what they say
--          still holds.
-- missing  NULL: nothing to average, never bought, birth date unknown, not a text id.
-- order    texts that are keys compare by their bytes, as the program does.
-- A record is small and packed already: it stays in its row, uncompressed, up to 8 kB.
CREATE TABLE customer_features (
  customer_id bigint NOT NULL,
  age integer,
  tenure_months integer NOT NULL,
  loyalty_tier_num integer NOT NULL,
  total_orders integer NOT NULL,
  lifetime_spend double precision NOT NULL,
  avg_order_value double precision,
  days_since_purchase integer,
  categories_purchased integer NOT NULL,
  total_browse_events integer NOT NULL,
  total_sessions integer NOT NULL,
  avg_browsed_price double precision,
  add_to_cart_count integer NOT NULL,
  cart_abandonment_rate double precision,
  store_ratio double precision NOT NULL,
  engagement_score double precision NOT NULL,
  date_of_birth date,
  customer_since_date date NOT NULL,
  last_purchase_at timestamptz,
  generation bigint NOT NULL,
  record bytea NOT NULL,
  row_hash bigint NOT NULL,
  propensity_hash bigint,
  CONSTRAINT customer_features_pkey PRIMARY KEY (customer_id)
) WITH (toast_tuple_target = 8160);
ALTER TABLE customer_features ALTER COLUMN record SET STORAGE EXTERNAL;
COMMENT ON TABLE customer_features IS 'one row per customer; the typed columns are for people, as of aisle_meta.as_of, servers decode record';
COMMENT ON COLUMN customer_features.record IS 'the customer as the generation holds it, to the byte; times in it count from the as_of of that generation';
COMMENT ON COLUMN customer_features.generation IS 'the one that wrote this row; which one all rows together are is in aisle_meta';
COMMENT ON COLUMN customer_features.row_hash IS 'of what the row says, to find changed rows by';
COMMENT ON COLUMN customer_features.propensity_hash IS 'the same of the customer''s rows of customer_propensity; NULL: none';

CREATE TABLE customer_propensity (
  customer_id bigint NOT NULL,
  category_id text COLLATE "C" NOT NULL,
  propensity_score real NOT NULL,
  CONSTRAINT customer_propensity_pkey PRIMARY KEY (customer_id, category_id)
);
COMMENT ON TABLE customer_propensity IS 'one row per customer and category; real: the very bits that the model gave';

CREATE TABLE inventory (
  region text COLLATE "C" NOT NULL,
  product_id bigint NOT NULL,
  warehouse_name text NOT NULL,
  qty_on_hand integer NOT NULL,
  est_delivery_days integer NOT NULL,
  CONSTRAINT inventory_pkey PRIMARY KEY (region, product_id)
);
COMMENT ON TABLE inventory IS 'one row per region and product that is in stock there';
COMMENT ON COLUMN inventory.warehouse_name IS 'the warehouse of the region: a generation knows one for each';

CREATE TABLE product_catalog (
  product_id bigint NOT NULL,
  source_id text,
  product_name text NOT NULL,
  category_id text COLLATE "C" NOT NULL,
  category_name text NOT NULL,
  department text NOT NULL,
  brand text NOT NULL,
  price double precision NOT NULL,
  is_perishable boolean NOT NULL,
  launched_at timestamptz,
  CONSTRAINT product_catalog_pkey PRIMARY KEY (product_id)
);
COMMENT ON TABLE product_catalog IS 'one row per product, for people; servers read the generation';
COMMENT ON COLUMN product_catalog.source_id IS 'the retailer''s own id, where that is a text';

CREATE TABLE customer_ids (
  source_id text COLLATE "C" NOT NULL,
  customer_id bigint NOT NULL,
  CONSTRAINT customer_ids_pkey PRIMARY KEY (source_id)
);
COMMENT ON TABLE customer_ids IS 'one row per customer where the retailer''s own ids are texts; else empty';

CREATE TABLE aisle_meta (
  only_row boolean NOT NULL DEFAULT true CHECK (only_row),
  generation bigint NOT NULL,
  as_of timestamptz NOT NULL,
  created_at timestamptz NOT NULL,
  ranking_version integer,
  propensity_version integer,
  customers bigint NOT NULL,
  propensity_rows bigint NOT NULL,
  inventory_rows bigint NOT NULL,
  products bigint NOT NULL,
  customer_ids bigint NOT NULL,
  category_count integer NOT NULL,
  generation_checksum text NOT NULL,
  features_xor bigint NOT NULL,
  propensity_sum bigint NOT NULL,
  loaded_at timestamptz NOT NULL,
  loaded_by text NOT NULL,
  CONSTRAINT aisle_meta_pkey PRIMARY KEY (only_row)
);
COMMENT ON TABLE aisle_meta IS 'one row: which generation the tables are; no row before the first load';
COMMENT ON COLUMN aisle_meta.generation_checksum IS 'of the manifest of the generation, which holds that of every file';
COMMENT ON COLUMN aisle_meta.features_xor IS 'bit_xor of customer_features.row_hash';
COMMENT ON COLUMN aisle_meta.propensity_sum IS 'sum of round(propensity_score * 2^30)';

CREATE TABLE impressions (
  position bigint GENERATED ALWAYS AS IDENTITY,
  written_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  request_id text NOT NULL,
  served_at timestamptz NOT NULL,
  customer_id bigint,
  region text NOT NULL,
  generation bigint NOT NULL,
  record bytea NOT NULL,
  CONSTRAINT impressions_pkey PRIMARY KEY (position)
);
COMMENT ON TABLE impressions IS 'one row per answer that was served; servers only add, record is as in the event log';

-- Positions without gaps, in the order of the commits: whoever has read up to one has seen all before it. Writers wait for
-- each other for that, from their INSERT to their COMMIT.
CREATE TABLE writes_position (
  only_row boolean NOT NULL DEFAULT true CHECK (only_row),
  position bigint NOT NULL,
  CONSTRAINT writes_position_pkey PRIMARY KEY (only_row)
);
INSERT INTO writes_position (position) VALUES (0);
CREATE TABLE writes (
  position bigint NOT NULL,
  written_at timestamptz NOT NULL,
  kind text NOT NULL,
  key text NOT NULL,
  record bytea NOT NULL,
  CONSTRAINT writes_pkey PRIMARY KEY (position)
);
COMMENT ON TABLE writes IS 'one row per live change of stock, price, product or customer; servers only add, record is as in the event log';
-- Temporary tables of whoever inserts must not be taken for ours: they come last, not first.
SELECT set_config('search_path', current_setting('search_path') || ', pg_temp', true);
CREATE FUNCTION number_write() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $function$
BEGIN
  UPDATE writes_position SET position = writes_position.position + 1 RETURNING writes_position.position INTO NEW.position;
  NEW.written_at := clock_timestamp();
  PERFORM pg_notify('aisle_writes', NEW.position::text);
  RETURN NEW;
END
$function$;
REVOKE ALL ON FUNCTION number_write() FROM PUBLIC;
CREATE TRIGGER number_write BEFORE INSERT ON writes FOR EACH ROW EXECUTE FUNCTION number_write();
