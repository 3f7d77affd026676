-- Tables that a load, or a bench of loads, left behind when it was killed.
-- grain    one row per table
-- key      name
-- reads    the catalogue of the database; $1: the schema
-- as of    the statement
-- missing  no rows: nothing was left
SELECT c.relname AS name
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = $1 AND c.relkind = 'r'
  AND c.relname IN (SELECT prefix || t || suffix FROM unnest(CAST($2 AS text[])) t
                    CROSS JOIN (VALUES ('', '__new'), ('', '__old'), ('bench_', '')) s (prefix, suffix))
ORDER BY name
