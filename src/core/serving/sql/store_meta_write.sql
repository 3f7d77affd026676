-- Says which generation the tables are, in the transaction that makes them so, and tells whoever listens.
-- grain    one row, in aisle_meta
-- key      only_row
-- reads    nothing; its parameters are the row
-- as of    $2
-- missing  versions: NULL is none
WITH written AS (
  INSERT INTO aisle_meta (generation, as_of, created_at, ranking_version, propensity_version, customers, propensity_rows,
                          inventory_rows, products, customer_ids, category_count, generation_checksum, features_xor,
                          propensity_sum, loaded_at, loaded_by)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, clock_timestamp(), $15)
  ON CONFLICT (only_row) DO UPDATE SET
    generation = EXCLUDED.generation, as_of = EXCLUDED.as_of, created_at = EXCLUDED.created_at,
    ranking_version = EXCLUDED.ranking_version, propensity_version = EXCLUDED.propensity_version,
    customers = EXCLUDED.customers, propensity_rows = EXCLUDED.propensity_rows, inventory_rows = EXCLUDED.inventory_rows,
    products = EXCLUDED.products, customer_ids = EXCLUDED.customer_ids, category_count = EXCLUDED.category_count,
    generation_checksum = EXCLUDED.generation_checksum, features_xor = EXCLUDED.features_xor,
    propensity_sum = EXCLUDED.propensity_sum, loaded_at = EXCLUDED.loaded_at, loaded_by = EXCLUDED.loaded_by
  RETURNING generation
)
SELECT CAST(pg_notify('aisle_generation', CAST(generation AS text)) AS text) AS told FROM written
