-- Who reads a log of the store, and how far they are.
-- grain    one row per reader
-- key      reader
-- reads    log_readers; {schema} is put in
-- as of    the statement
-- missing  nothing
-- order    by reader
SELECT reader, position FROM {schema}.log_readers WHERE log = $1 ORDER BY reader
