-- The propensities as they were scored, customer by customer, for a merge join.
--
--   grain    one row per (customer, category)
--   key      customer_id, category_id
--   reads    gold.customer_propensity
--   as of    whatever moment was scored last
--   missing  rows without a customer, a category or a score are left out.
SELECT customer_id, category_id, propensity_score, model_version
FROM gold.customer_propensity
WHERE customer_id IS NOT NULL AND category_id IS NOT NULL AND propensity_score IS NOT NULL
ORDER BY customer_id, category_id
