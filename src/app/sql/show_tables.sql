-- What SHOW TABLES answers: the tables of every schema, by the names that a query has to say.
--
--   grain    table
--   reads    information_schema
SELECT table_schema || '.' || table_name AS name
FROM information_schema.tables
WHERE table_schema IN ('raw', 'gold', 'feature_store', 'ml_registry', 'oracle')
ORDER BY name
