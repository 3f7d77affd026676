-- Gathers what was shown, one row per shown product in raw.aisle_shown, into one row per answer. An
-- answer that is there already (a collection that was killed before it could trim the log) stays once.
--
--   grain    request_id
--   key      request_id
--   reads    raw.aisle_shown (position, rank and the columns of raw.impressions), raw.impressions
--   missing  an answer without products has one row whose product_id is NULL; its lists are empty.
INSERT INTO raw.impressions (request_id, served_at, customer_id, visitor_id, region, product_ids, scores, sources,
                             ranking_version, propensity_version, generation, experiment_arm, is_batch)
SELECT request_id, served_at, customer_id, visitor_id, region,
       coalesce(array_agg(product_id ORDER BY rank) FILTER (WHERE product_id IS NOT NULL), CAST([] AS BIGINT[])),
       coalesce(array_agg(score ORDER BY rank) FILTER (WHERE product_id IS NOT NULL), CAST([] AS DOUBLE[])),
       coalesce(array_agg(source ORDER BY rank) FILTER (WHERE product_id IS NOT NULL), CAST([] AS STRING[])),
       ranking_version, propensity_version, generation, experiment_arm, is_batch
FROM raw.aisle_shown n
WHERE NOT EXISTS (
    SELECT 1 FROM raw.impressions i
    WHERE i.served_at >= (SELECT min(served_at) FROM raw.aisle_shown) AND i.request_id = n.request_id)
  AND NOT EXISTS (
    SELECT 1 FROM raw.aisle_shown e WHERE e.request_id = n.request_id AND e.position < n.position)
GROUP BY position, request_id, served_at, customer_id, visitor_id, region, ranking_version, propensity_version,
         generation, experiment_arm, is_batch
ORDER BY position;
DROP TABLE raw.aisle_shown;
