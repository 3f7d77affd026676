-- Whether a name of the gold schema is a table, rather than a view or nothing.
-- grain    one row
-- key      none
-- reads    information_schema
-- as of    not dated
-- missing  0: a view, or nothing
-- example
--   $name = customer_360
--   raw.customers | customer_id=1 first_name=Ann zip_code=10001 date_of_birth=1990-02-28
--     customer_since_date=2024-03-15 loyalty_tier=Gold has_app=true
--   raw.product_catalog | product_id=7 product_name=Soap category_id=CAT-001 brand=GlowUp price=10.00
--   raw.event_stream | customer_id=1 event_type=search event_timestamp='2026-11-19 10:00:00'
--   => tables=1
SELECT count(*) AS tables
FROM information_schema.tables
WHERE table_schema = 'gold' AND table_name = $name AND table_type = 'BASE TABLE'
