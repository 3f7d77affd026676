-- How large the store's tables are, with their indexes.
-- grain    one row per table
-- key      name
-- reads    the catalogue of the database; $1: the tables
-- as of    the statement
-- missing  a table that is not there has no row
-- units    bytes on disk; rows as the planner last counted them
SELECT c.relname AS name, pg_total_relation_size(c.oid) AS bytes, CAST(greatest(c.reltuples, 0) AS bigint) AS row_estimate
FROM pg_class c
WHERE c.oid IN (SELECT to_regclass(quote_ident(t)) FROM unnest(CAST($1 AS text[])) t)
ORDER BY name
