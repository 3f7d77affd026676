-- What the tables say of the logs of changes that they know.
--
--   grain    line of raw.about
--   key      key
--   reads    raw.about
--   missing  no rows: they know of none
--   order    by key
SELECT key, value FROM raw.about WHERE key = 'changes_log' OR key LIKE 'changes_until%' ORDER BY key;
