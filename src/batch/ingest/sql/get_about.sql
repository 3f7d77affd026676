-- The value of one line of raw.about.
--
--   grain    key
--   reads    raw.about
SELECT value FROM raw.about WHERE key = $key;
