-- The postal codes of customers, and how many have each.
--
--   grain    zip_code
--   reads    raw.customers
--   missing  customers whose code is not known are left out.
SELECT zip_code, count(*) AS customers
FROM raw.customers
WHERE zip_code IS NOT NULL
GROUP BY zip_code
ORDER BY zip_code;
