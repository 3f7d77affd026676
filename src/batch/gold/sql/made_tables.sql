-- The tables that the last refresh made, if it was as of this moment.
-- grain    one row per table
-- key      table_name
-- reads    gold.refresh_history
-- as of    $as_of exactly
-- missing  no row: the last refresh was as of another moment, or there was none
-- example
--   raw.customers | customer_id=1 first_name=Ann zip_code=10001 date_of_birth=1990-02-28
--     customer_since_date=2024-03-15 loyalty_tier=Gold has_app=true
--   raw.product_catalog | product_id=7 product_name=Soap category_id=CAT-001 brand=GlowUp price=10.00
--   raw.event_stream | customer_id=1 event_type=search event_timestamp='2026-11-19 10:00:00'
--   => table_name=feature_store.customer_features rows_changed=1
--   => table_name=feature_store.product_features rows_changed=1
--   => table_name=gold.customer_360 rows_changed=1
--   => table_name=gold.customer_category rows_changed=0
--   => table_name=gold.customer_product rows_changed=0
--   => table_name=gold.customer_state rows_changed=1
--   => table_name=gold.order_lines rows_changed=0
--   => table_name=gold.orders rows_changed=0
--   => table_name=gold.product_region rows_changed=0
--   => table_name=gold.product_state rows_changed=1
SELECT table_name, rows_changed, data_mark
FROM gold.refresh_history
WHERE data_mark IS NOT NULL AND as_of = $as_of
ORDER BY table_name
