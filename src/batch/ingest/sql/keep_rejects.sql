-- Moves aisle_rejects into raw.rejects. Where part_of names a source, line counts on over its parts, and becomes the part's own.
--
--   grain    rejected row
--   key      source, table_name, line, reason
--   reads    aisle_rejects (temporary, of raw.rejects' columns and part_of), aisle_parts (temporary)
--   missing  a source that is one file has no parts; a row of no source's line has no part_of.
INSERT INTO raw.rejects (source, table_name, line, reason, row_text, rejected_at)
SELECT coalesce(p.part, n.source), n.table_name, n.line - coalesce(p.before, 0), n.reason, n.row_text, n.rejected_at
FROM aisle_rejects n
ASOF LEFT JOIN aisle_parts p ON p.source = n.part_of AND n.line > p.before
ORDER BY n.line;
DROP TABLE aisle_rejects;
