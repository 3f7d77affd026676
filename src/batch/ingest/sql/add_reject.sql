-- One rejected row.
--
--   grain    rejected row
--   reads    nothing
INSERT INTO raw.rejects (source, table_name, line, reason, row_text, rejected_at)
VALUES ($source, $table_name, $line, $reason, $row_text, $rejected_at);
