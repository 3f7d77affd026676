-- Moves aisle_rejects into raw.rejects; a row that was rejected before for the same reason stays once.
--
--   grain    rejected row
--   key      source, table_name, line, reason, row_text
--   reads    aisle_rejects (temporary, of raw.rejects' columns)
INSERT INTO raw.rejects (source, table_name, line, reason, row_text, rejected_at)
SELECT n.source, n.table_name, n.line, n.reason, n.row_text, n.rejected_at
FROM aisle_rejects n
WHERE NOT EXISTS (
  SELECT 1 FROM raw.rejects r
  WHERE r.source = n.source AND r.table_name = n.table_name AND r.line IS NOT DISTINCT FROM n.line
    AND r.reason = n.reason AND r.row_text IS NOT DISTINCT FROM n.row_text
)
ORDER BY n.line;
DROP TABLE aisle_rejects;
