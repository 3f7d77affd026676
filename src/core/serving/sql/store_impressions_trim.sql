-- Removes answers that all readers are past.
-- grain    one row per answer
-- key      position
-- reads    log_readers; {schema} is put in
-- as of    the statement
-- missing  nothing
DELETE FROM {schema}.impressions
WHERE position <= (SELECT min(position) FROM {schema}.log_readers WHERE log = 'impressions')
