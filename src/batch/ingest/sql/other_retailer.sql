-- 1 if the raw tables hold rows that no import has brought, 0 otherwise.
--
--   grain    one row
--   reads    raw.about, raw.event_stream, raw.customers, raw.product_catalog
SELECT CASE WHEN NOT EXISTS (SELECT 1 FROM raw.about WHERE starts_with(key, 'import.'))
             AND (EXISTS (SELECT 1 FROM raw.event_stream)
                  OR EXISTS (SELECT 1 FROM raw.customers)
                  OR EXISTS (SELECT 1 FROM raw.product_catalog)) THEN 1 ELSE 0 END AS other;
