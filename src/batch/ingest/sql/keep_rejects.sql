-- Moves aisle_rejects into raw.rejects.
--
--   grain    rejected row
--   key      source, table_name, line, reason
--   reads    aisle_rejects (temporary, of raw.rejects' columns)
INSERT INTO raw.rejects (source, table_name, line, reason, row_text, rejected_at)
SELECT n.source, n.table_name, n.line, n.reason, n.row_text, n.rejected_at
FROM aisle_rejects n
ORDER BY n.line;
DROP TABLE aisle_rejects;
