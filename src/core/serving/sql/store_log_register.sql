-- A reader of a log of the store, who begins with what is still there; one that is there stays where it is.
-- grain    one row per reader
-- key      log, reader
-- reads    the parameters; {schema} is put in
-- as of    not dated
-- missing  nothing
INSERT INTO {schema}.log_readers (log, reader, position)
VALUES ($1, $2, coalesce((SELECT min(position) FROM {schema}.log_readers WHERE log = $1), 0))
ON CONFLICT DO NOTHING
