-- Roles and what they are for, as the comment says that `create` gave each.
-- grain    one row per role of $1 that exists
-- key      name
-- reads    the catalogue of the server
-- as of    the statement
-- missing  a role that is not there has no row; purpose is NULL where nobody commented the role
SELECT r.rolname AS name, shobj_description(r.oid, 'pg_authid') AS purpose
FROM pg_roles r WHERE r.rolname = ANY ($1)
ORDER BY name
