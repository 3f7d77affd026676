-- Regions and tiers that rows name.
--
--   grain    table, kind (region, tier), name
--   reads    raw.inventory, raw.inventory_history, raw.customers, raw.customer_history
--   missing  NULL names nothing.
SELECT DISTINCT 'raw.inventory' AS table_name, 'region' AS kind, region AS name
FROM raw.inventory
WHERE region IS NOT NULL
UNION ALL
SELECT DISTINCT 'raw.inventory_history', 'region', region
FROM raw.inventory_history
WHERE region IS NOT NULL
UNION ALL
SELECT DISTINCT 'raw.customers', 'tier', loyalty_tier
FROM raw.customers
WHERE loyalty_tier IS NOT NULL
UNION ALL
SELECT DISTINCT 'raw.customer_history', 'tier', loyalty_tier
FROM raw.customer_history
WHERE loyalty_tier IS NOT NULL
ORDER BY table_name, name;
