-- A reader is past the records up to a position.
-- grain    one row
-- key      log, reader
-- reads    the parameters; {schema} is put in
-- as of    not dated
-- missing  a reader that is not registered: no row is changed
UPDATE {schema}.log_readers SET position = greatest(position, $3) WHERE log = $1 AND reader = $2
