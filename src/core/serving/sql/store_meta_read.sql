-- Which generation the tables are.
-- grain    one row; none before the first load
-- key      only_row
-- reads    aisle_meta
-- as of    the statement
-- missing  versions: NULL is none
SELECT generation, as_of, created_at, ranking_version, propensity_version, customers, propensity_rows, inventory_rows, products,
       customer_ids, category_count, generation_checksum, features_xor, propensity_sum, loaded_at, loaded_by
FROM aisle_meta
