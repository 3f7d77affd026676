-- Removes changes that all readers are past.
-- grain    one row per change
-- key      position
-- reads    log_readers; {schema} is put in
-- as of    the statement
-- missing  nothing
DELETE FROM {schema}.writes
WHERE position <= (SELECT min(position) FROM {schema}.log_readers WHERE log = 'writes')
