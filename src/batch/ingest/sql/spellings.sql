-- Categories of products that are spelled in several ways: capitals, accents and blanks aside they are one.
--
--   grain    category as it is without them; those of one spelling have no row
--   key      folded
--   order    of the most spellings
--   reads    raw.product_catalog
--   missing  products without a category are left out.
SELECT lower(strip_accents(trim(regexp_replace(category_id, '\s+', ' ', 'g')))) AS folded,
  count(DISTINCT category_id) AS spellings, min(category_id) AS first_spelling, max(category_id) AS last_spelling
FROM raw.product_catalog
WHERE category_id IS NOT NULL
GROUP BY folded
HAVING count(DISTINCT category_id) > 1
ORDER BY spellings DESC, folded;
