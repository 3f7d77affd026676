-- The tables of the warehouse.
--
--   grain    table
--   reads    information_schema
SELECT t.table_schema, t.table_name, count(c.column_name) AS column_count
FROM information_schema.tables t
JOIN information_schema.columns c
  ON c.table_schema = t.table_schema AND c.table_name = t.table_name AND c.table_catalog = t.table_catalog
WHERE t.table_schema IN ('raw', 'gold', 'feature_store', 'ml_registry', 'oracle')
GROUP BY t.table_schema, t.table_name
ORDER BY t.table_schema, t.table_name
