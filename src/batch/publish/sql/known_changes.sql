-- Which changes the raw tables know of: the id of their log, and up to which position.
--
--   grain    key
--   reads    raw.about
--   missing  no rows: they know of none.
SELECT key, value FROM raw.about WHERE key IN ('changes_log', 'changes_until')
