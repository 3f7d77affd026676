-- What the raw tables hold, as the program that loaded them wrote it (JSON).
--
--   grain    one row at most
--   reads    raw.about
--   missing  no row: the tables were loaded by something else
SELECT value FROM raw.about WHERE key = 'data'
