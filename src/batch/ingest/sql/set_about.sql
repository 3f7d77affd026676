-- Sets one line of raw.about.
--
--   grain    key
--   reads    raw.about
DELETE FROM raw.about WHERE key = $key;
INSERT INTO raw.about (key, value) VALUES ($key, $value);
