-- How far the two logs are, and which they are.
-- grain    one row
-- key      none
-- reads    writes_position, impressions, log_readers; {schema} is put in
-- as of    the statement
-- missing  nothing; impressions that are all removed end where their readers are
SELECT p.log_id, p.position AS writes,
       greatest((SELECT max(position) FROM {schema}.impressions),
                (SELECT max(position) FROM {schema}.log_readers WHERE log = 'impressions'), 0) AS impressions
FROM {schema}.writes_position p
