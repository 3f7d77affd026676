-- The oracle's best products of each customer at one cutoff.
--
--   grain    one row per customer, kind ('all', 'new') and rank.
--   key      customer_id, kind, rank.
--   reads    oracle.top_products.
--   as of    the cutoff itself.
--   order    customer, kind, rank.
SELECT customer_id, kind, product_id
FROM oracle.top_products
WHERE cutoff = $cutoff
ORDER BY customer_id, kind, rank
