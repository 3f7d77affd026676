-- What the tables hold, to be compared with what was sent. {features} and {propensity} are put in: the tables' names.
-- grain    one row
-- reads    customer_features, customer_propensity, or the new ones beside them
-- as of    the statement
-- missing  empty tables give 0
SELECT f.customers, f.features_xor, p.propensity_rows, p.propensity_sum
FROM (SELECT count(*) AS customers, coalesce(bit_xor(row_hash), 0) AS features_xor FROM {features}) f
CROSS JOIN (SELECT count(*) AS propensity_rows,
                   CAST(coalesce(sum(CAST(round(CAST(propensity_score AS double precision) * 1073741824) AS bigint)), 0) AS bigint)
                     AS propensity_sum
            FROM {propensity}) p
