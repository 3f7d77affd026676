-- The oracle's tables: what somebody who knows the synthetic customers' tastes expects. Made when the
-- generator writes them; an imported retailer has none.
--
--   grain    oracle.top_products: cutoff, customer, kind and rank. oracle.totals: cutoff and customer.
--   units    expected purchases in the 28 days after cutoff.
CREATE TABLE IF NOT EXISTS oracle.top_products (
  cutoff TIMESTAMP,
  customer_id BIGINT,
  kind STRING,
  rank INT,
  product_id BIGINT,
  expected DOUBLE
);

CREATE TABLE IF NOT EXISTS oracle.totals (
  cutoff TIMESTAMP,
  customer_id BIGINT,
  expected DOUBLE,
  expected_hidden DOUBLE,
  actual INT
);
