-- How likely each customer buys in each category in the weeks to come: makes the table anew, empty.
--
--   grain    one row per (customer, category) scored
--   key      customer_id, category_id
--   reads    nothing; `aisle score` fills it in the same transaction
--   as of    scored_at: the moment whose state was scored
--   units    propensity_score is a probability in (0, 1); model_version is the registry's
CREATE SCHEMA IF NOT EXISTS gold;

CREATE OR REPLACE TABLE gold.customer_propensity (
  customer_id BIGINT,
  category_id STRING,
  propensity_score DOUBLE,
  model_version INT,
  scored_at TIMESTAMP
);
