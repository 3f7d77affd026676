-- 1 if the raw tables hold rows with amounts of money, 0 otherwise.
--
--   grain    one row
--   reads    raw.event_stream, raw.product_catalog, raw.price_history
SELECT CASE WHEN EXISTS (SELECT 1 FROM raw.event_stream)
              OR EXISTS (SELECT 1 FROM raw.product_catalog)
              OR EXISTS (SELECT 1 FROM raw.price_history) THEN 1 ELSE 0 END AS holds;
