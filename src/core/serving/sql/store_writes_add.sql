-- Adds changes to the log that servers share, in their order.
-- grain    one row per change
-- key      position, which a trigger gives
-- reads    the parameters; {schema} is put in
-- as of    the server's clock, which the trigger reads
-- missing  nothing
INSERT INTO {schema}.writes (kind, key, record)
SELECT kind, key, record FROM unnest($1, $2, $3) WITH ORDINALITY AS n(kind, key, record, place) ORDER BY place
