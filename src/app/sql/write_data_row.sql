-- Replaces what is said of the raw tables' origin.
--
--   grain    one row
--   key      key = 'data'
DELETE FROM raw.about WHERE key = 'data';
INSERT INTO raw.about (key, value) VALUES ('data', $value);
