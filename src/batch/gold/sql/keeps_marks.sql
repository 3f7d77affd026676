-- Whether refreshes of this database say what they were made from: those of an older program did not.
-- grain    one row
-- key      none
-- reads    information_schema
-- as of    not dated
-- missing  0: no refresh yet, or only such ones
-- example
--   raw.customers | customer_id=1 first_name=Ann zip_code=10001 date_of_birth=1990-02-28
--     customer_since_date=2024-03-15 loyalty_tier=Gold has_app=true
--   raw.product_catalog | product_id=7 product_name=Soap category_id=CAT-001 brand=GlowUp price=10.00
--   raw.event_stream | customer_id=1 event_type=search event_timestamp='2026-11-19 10:00:00'
--   => columns=1
SELECT count(*) AS columns
FROM information_schema.columns
WHERE table_schema = 'gold' AND table_name = 'refresh_history' AND column_name = 'data_mark'
