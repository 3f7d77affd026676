-- Every zip code that some customer has or had.
-- grain    one row per zip code
-- key      zip_code
-- reads    raw.customers, raw.customer_history
-- as of    not dated
-- missing  a customer without one has no row.
-- example
--   raw.customers | customer_id=1 zip_code=10001
--   raw.customers | customer_id=2
--   raw.customer_history | customer_id=1 zip_code=94105 valid_from='2024-01-01 00:00:00'
--   => zip_code=10001
--   => zip_code=94105
SELECT zip_code FROM raw.customers WHERE zip_code IS NOT NULL
UNION
SELECT zip_code FROM raw.customer_history WHERE zip_code IS NOT NULL
ORDER BY zip_code
