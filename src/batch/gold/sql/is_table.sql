-- Whether a name of the gold schema is a table, rather than a view or nothing.
-- grain    one row
-- key      none
-- reads    information_schema
-- as of    not dated
-- missing  0: a view, or nothing
SELECT count(*) AS tables
FROM information_schema.tables
WHERE table_schema = 'gold' AND table_name = $name AND table_type = 'BASE TABLE'
