-- Marks the raw tables with their format, now that they have what it says; a newer mark has been refused before.
--
--   grain    key
--   reads    raw.about
DELETE FROM raw.about WHERE key = 'format' AND value <> $format;
INSERT INTO raw.about (key, value)
SELECT 'format', $format WHERE NOT EXISTS (SELECT 1 FROM raw.about WHERE key = 'format');
