-- What would go with the schema and is not the store's own.
-- grain    one row per thing, in words
-- key      thing
-- reads    the catalogue of the database; $1: the schema, $2: names of the store's own tables
-- as of    the statement
-- missing  no rows: nothing
WITH ours AS (
  SELECT c.oid, c.relname, n.oid AS namespace
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE n.nspname = $1 AND c.relkind = 'r' AND c.relname = ANY (CAST($2 AS text[]))
)
SELECT pg_describe_object('pg_class'::regclass, c.oid, 0) AS thing
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = $1 AND c.relkind IN ('r', 'v', 'm', 'f', 'p', 'S') AND c.oid NOT IN (SELECT oid FROM ours)
  AND NOT (c.relkind = 'S' AND EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid
                                       AND d.refobjid IN (SELECT oid FROM ours) AND d.deptype IN ('i', 'a')))
UNION
SELECT pg_describe_object('pg_proc'::regclass, p.oid, 0)
FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
WHERE n.nspname = $1 AND p.proname NOT IN ('append_writes', 'order_impressions')
UNION
SELECT pg_describe_object('pg_class'::regclass, v.oid, 0)
FROM ours
JOIN pg_depend d ON d.refclassid = 'pg_class'::regclass AND d.refobjid = ours.oid AND d.classid = 'pg_rewrite'::regclass
JOIN pg_rewrite r ON r.oid = d.objid
JOIN pg_class v ON v.oid = r.ev_class AND v.relnamespace <> ours.namespace
UNION
SELECT pg_describe_object('pg_constraint'::regclass, x.oid, 0)
FROM ours
JOIN pg_constraint x ON x.confrelid = ours.oid AND x.contype = 'f'
JOIN pg_class c ON c.oid = x.conrelid AND c.relnamespace <> ours.namespace
ORDER BY thing
