-- Adds answers to the log of impressions that servers share, in their order.
-- grain    one row per answer
-- key      position, which the table gives
-- reads    the parameters; {schema} is put in
-- as of    not dated
-- missing  customer_id: it was shown to somebody whose id no customer has
INSERT INTO {schema}.impressions (request_id, served_at, customer_id, region, generation, record)
SELECT request_id, served_at, nullif(customer_id, -1), region, generation, record
FROM unnest($1, $2, $3, $4, $5, $6) WITH ORDINALITY AS n(request_id, served_at, customer_id, region, generation, record, place)
ORDER BY place
