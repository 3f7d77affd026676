-- What the postal codes of a country look like.
--
--   grain    country, format
--   reads    raw.postal_formats
--   missing  NULL is an empty text.
SELECT coalesce(country, '') AS country, coalesce(format, '') AS format
FROM raw.postal_formats
ORDER BY country, format;
