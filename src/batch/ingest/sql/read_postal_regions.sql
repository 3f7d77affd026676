-- Which codes belong to which region.
--
--   grain    country, prefix
--   reads    raw.postal_regions
--   missing  NULL is an empty text: an empty prefix stands for the whole country.
SELECT coalesce(country, '') AS country, coalesce(prefix, '') AS prefix, coalesce(region, '') AS region
FROM raw.postal_regions
ORDER BY country, prefix, region;
