-- Who was a customer before $as_of.
-- grain    one row per customer who joined before $as_of
-- key      customer_id
-- reads    raw.customers
-- as of    customer_since_date before $as_of, as customer_state.sql has it.
-- missing  nothing is NULL
-- example
--   raw.customers | customer_id=2
--   raw.customers | customer_id=1 customer_since_date=2026-11-23
--   raw.customers | customer_id=3 customer_since_date=2026-11-24
--   => customer_id=1
--   => customer_id=2
SELECT customer_id
FROM raw.customers
WHERE customer_since_date IS NULL OR CAST(customer_since_date AS TIMESTAMP) < $as_of
ORDER BY customer_id
