-- Marks new raw tables with their format; a mark that is there stays.
--
--   grain    key
--   reads    raw.about
INSERT INTO raw.about (key, value)
SELECT 'format', $format WHERE NOT EXISTS (SELECT 1 FROM raw.about WHERE key = 'format');
