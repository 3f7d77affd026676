-- What has to be said so that a new table stands in the place of one that is there, with all that hangs on it.
-- grain    one row per statement, or per thing that cannot be carried over
-- key      phase, ordinal, statement
-- reads    the catalogue of the database; $1: the table's name, found by the search_path
-- as of    the statement
-- missing  no rows of a phase: nothing to do. The new table is "<name>__new", the old one becomes "<name>__old".
-- order    phases: options (of the new table, before its rows) · structure (after them) · before · rename · after · refused (its statement
--          is what is in the way, in words)
WITH t AS (
  SELECT c.oid, c.relname::text AS name, c.relowner, c.relacl, c.reloptions, c.relreplident, c.relrowsecurity, c.reltype
  FROM pg_class c WHERE c.oid = CAST($1 AS text)::regclass
),
constraints AS (
  SELECT t.name, x.oid, x.conname::text AS constraint_name, x.conindid
  FROM t JOIN pg_constraint x ON x.conrelid = t.oid AND x.contype IN ('p', 'u', 'x')
),
indexes AS (
  SELECT t.name, i.relname::text AS index_name, x.indisunique, pg_get_indexdef(i.oid) AS definition
  FROM t
  JOIN pg_index x ON x.indrelid = t.oid AND x.indisvalid
  JOIN pg_class i ON i.oid = x.indexrelid
  WHERE NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = i.oid AND k.conrelid = t.oid)
),
foreign_keys AS (
  SELECT x.conrelid::regclass::text AS child, x.conname, pg_get_constraintdef(x.oid) AS definition,
         pg_has_role(c.relowner, 'USAGE') AS ours
  FROM t
  JOIN pg_constraint x ON x.contype = 'f' AND x.conparentid = 0 AND t.oid IN (x.confrelid, x.conrelid)
  JOIN pg_class c ON c.oid = x.conrelid
),
views AS (
  SELECT DISTINCT v.oid, v.oid::regclass::text AS name, v.relkind, v.reloptions, pg_has_role(v.relowner, 'USAGE') AS ours
  FROM t
  JOIN pg_depend d ON d.refclassid = 'pg_class'::regclass AND d.refobjid = t.oid AND d.classid = 'pg_rewrite'::regclass
  JOIN pg_rewrite r ON r.oid = d.objid
  JOIN pg_class v ON v.oid = r.ev_class AND v.oid <> t.oid
),
publications AS (
  SELECT t.name, p.pubname, pg_has_role(p.pubowner, 'USAGE') AS ours,
         coalesce(' (' || (SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum) FROM pg_attribute a
                           WHERE a.attrelid = t.oid AND a.attnum = ANY (r.prattrs)) || ')', '') AS columns,
         coalesce(' WHERE ' || pg_get_expr(r.prqual, r.prrelid), '') AS condition
  FROM t
  JOIN pg_publication_rel r ON r.prrelid = t.oid
  JOIN pg_publication p ON p.oid = r.prpubid
),
grants AS (
  SELECT t.name, '' AS columns, g.privilege_type, g.grantee, g.is_grantable
  FROM t CROSS JOIN LATERAL aclexplode(t.relacl) g WHERE g.grantee <> t.relowner
  UNION ALL
  SELECT t.name, format(' (%I)', a.attname), g.privilege_type, g.grantee, g.is_grantable
  FROM t JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped
  CROSS JOIN LATERAL aclexplode(a.attacl) g WHERE g.grantee <> t.relowner
)
SELECT 'options' AS phase, 1 AS ordinal,
       format('ALTER TABLE %I SET (%s)', name || '__new', array_to_string(reloptions, ', ')) AS statement
FROM t WHERE reloptions IS NOT NULL
UNION ALL
SELECT 'structure', 2, format('ALTER TABLE %I ADD CONSTRAINT %I %s', name || '__new', left(constraint_name, 58) || '__new',
                              pg_get_constraintdef(oid))
FROM constraints
UNION ALL
SELECT 'structure', 3, format('CREATE %sINDEX %I ON %I%s', CASE WHEN indisunique THEN 'UNIQUE ' ELSE '' END,
                              left(index_name, 58) || '__new', name || '__new',
                              substr(definition, strpos(definition, ' USING ')))
FROM indexes
UNION ALL
SELECT 'before', 1, format('ALTER TABLE %s DROP CONSTRAINT %I', child, conname) FROM foreign_keys WHERE ours
UNION ALL
SELECT 'before', 2, format('ALTER PUBLICATION %I DROP TABLE %I', pubname, name) FROM publications WHERE ours
UNION ALL
SELECT 'rename', 1, format('ALTER TABLE %I RENAME CONSTRAINT %I TO %I', name, constraint_name, left(constraint_name, 58) || '__old')
FROM constraints
UNION ALL
SELECT 'rename', 2, format('ALTER INDEX %I RENAME TO %I', index_name, left(index_name, 58) || '__old') FROM indexes
UNION ALL
SELECT 'rename', 3, format('ALTER TABLE %I RENAME TO %I', name, name || '__old') FROM t
UNION ALL
SELECT 'rename', 4, format('ALTER TABLE %I RENAME TO %I', name || '__new', name) FROM t
UNION ALL
SELECT 'rename', 5, format('ALTER TABLE %I RENAME CONSTRAINT %I TO %I', name, left(constraint_name, 58) || '__new', constraint_name)
FROM constraints
UNION ALL
SELECT 'rename', 6, format('ALTER INDEX %I RENAME TO %I', left(index_name, 58) || '__new', index_name) FROM indexes
UNION ALL
SELECT 'after', 1, format('GRANT %s%s ON %I TO %s%s', privilege_type, columns, name,
                          CASE grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(grantee)) END,
                          CASE WHEN is_grantable THEN ' WITH GRANT OPTION' ELSE '' END)
FROM grants
UNION ALL
SELECT 'after', 2, format('COMMENT ON TABLE %I IS %L', name, obj_description(oid, 'pg_class'))
FROM t WHERE obj_description(oid, 'pg_class') IS NOT NULL
UNION ALL
SELECT 'after', 3, format('ALTER TABLE %I REPLICA IDENTITY %s', name, CASE relreplident WHEN 'f' THEN 'FULL' ELSE 'NOTHING' END)
FROM t WHERE relreplident IN ('f', 'n')
UNION ALL
SELECT 'after', 4, pg_get_triggerdef(g.oid) FROM t JOIN pg_trigger g ON g.tgrelid = t.oid AND NOT g.tgisinternal
UNION ALL
SELECT 'after', 5, format('ALTER TABLE %I %s TRIGGER %I', t.name,
                          CASE g.tgenabled WHEN 'D' THEN 'DISABLE' WHEN 'R' THEN 'ENABLE REPLICA' ELSE 'ENABLE ALWAYS' END, g.tgname)
FROM t JOIN pg_trigger g ON g.tgrelid = t.oid AND NOT g.tgisinternal AND g.tgenabled <> 'O'
UNION ALL
SELECT 'after', 6, pg_get_ruledef(r.oid) FROM t JOIN pg_rewrite r ON r.ev_class = t.oid
UNION ALL
SELECT 'after', 7, format('CREATE OR REPLACE VIEW %s%s AS %s', name,
                          coalesce(' WITH (' || array_to_string(reloptions, ', ') || ')', ''), pg_get_viewdef(oid))
FROM views WHERE ours AND relkind = 'v'
UNION ALL
SELECT 'after', 8, format('ALTER TABLE %s ADD CONSTRAINT %I %s', child, conname, definition) FROM foreign_keys WHERE ours
UNION ALL
SELECT 'after', 9, format('ALTER PUBLICATION %I ADD TABLE %I%s%s', pubname, name, columns, condition) FROM publications WHERE ours
UNION ALL
SELECT 'refused', 1, format('foreign key %I of %s, which %I may not alter', conname, child, current_user)
FROM foreign_keys WHERE NOT ours
UNION ALL
SELECT 'refused', 2, format('publication %I, which %I may not alter', pubname, current_user) FROM publications WHERE NOT ours
UNION ALL
SELECT 'refused', 3, CASE relkind WHEN 'v' THEN format('view %s, which %I may not alter', name, current_user)
                                  WHEN 'm' THEN format('materialized view %s', name) ELSE format('a rule of %s', name) END
FROM views WHERE relkind <> 'v' OR NOT ours
UNION ALL
SELECT 'refused', 4, 'row security' FROM t WHERE relrowsecurity OR EXISTS (SELECT FROM pg_policy y WHERE y.polrelid = t.oid)
UNION ALL
SELECT 'refused', 5, 'a replica identity by an index' FROM t WHERE relreplident = 'i'
UNION ALL
SELECT 'refused', 6, 'inheritance' FROM t WHERE EXISTS (SELECT FROM pg_inherits h WHERE t.oid IN (h.inhrelid, h.inhparent))
UNION ALL
SELECT 'refused', 7, pg_describe_object(d.classid, d.objid, d.objsubid)
FROM t JOIN pg_depend d ON d.refclassid = 'pg_class'::regclass AND d.refobjid = t.oid
WHERE d.classid NOT IN ('pg_class'::regclass, 'pg_constraint'::regclass, 'pg_attrdef'::regclass, 'pg_rewrite'::regclass,
                        'pg_trigger'::regclass, 'pg_type'::regclass, 'pg_publication_rel'::regclass,
                        'pg_statistic_ext'::regclass, 'pg_policy'::regclass)
   OR (d.classid = 'pg_class'::regclass AND EXISTS (SELECT FROM pg_class s WHERE s.oid = d.objid AND s.relkind = 'S'))
UNION ALL
SELECT 'refused', 8, pg_describe_object(d.classid, d.objid, d.objsubid)
FROM t JOIN pg_type y ON y.oid = t.reltype
JOIN pg_depend d ON d.refclassid = 'pg_type'::regclass AND d.refobjid IN (y.oid, y.typarray) AND d.deptype = 'n'
ORDER BY phase, ordinal, statement
