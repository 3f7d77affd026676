-- The same as store_customer, by the retailer's own id.
-- grain    one row; none before the first load
-- key      only_row
-- reads    aisle_meta, customer_ids, customer_features, customer_propensity, writes_position; {schema} is put in
-- as of    the statement
-- missing  record: nobody has this id; propensity: there is none
-- order    propensities by the bytes of category_id, as the catalogue has its categories
SELECT m.generation, m.generation_checksum, m.as_of, m.category_count, f.record,
       (SELECT position FROM {schema}.writes_position) AS writes_until,
       (SELECT string_agg(float4send(p.propensity_score), '' ORDER BY p.category_id)
        FROM {schema}.customer_propensity p WHERE p.customer_id = f.customer_id) AS propensity
FROM {schema}.aisle_meta m
LEFT JOIN {schema}.customer_ids i ON i.source_id = $1
LEFT JOIN {schema}.customer_features f ON f.customer_id = i.customer_id
