-- What roles own in this database.
-- grain    one row per thing, in words
-- key      thing
-- reads    the catalogue of the database; $1: the roles
-- as of    the statement
-- missing  no rows: nothing
SELECT DISTINCT pg_describe_object(d.classid, d.objid, d.objsubid) AS thing
FROM pg_shdepend d JOIN pg_roles r ON d.refclassid = 'pg_authid'::regclass AND r.oid = d.refobjid
WHERE d.deptype = 'o' AND r.rolname = ANY (CAST($1 AS text[]))
  AND d.dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
ORDER BY thing
