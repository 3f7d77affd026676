-- Answers that were given after a position.
-- grain    one row per answer
-- key      position
-- reads    impressions; {schema} is put in
-- as of    the statement
-- missing  nothing
-- order    by position
SELECT position, record FROM {schema}.impressions WHERE position > $1 ORDER BY position LIMIT $2
