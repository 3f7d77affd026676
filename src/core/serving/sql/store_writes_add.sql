-- Adds changes to the log that servers share, in their order.
-- grain    one row: the position of the last of them
-- key      none
-- reads    the parameters; {schema} is put in
-- as of    the server's clock, which the function reads
-- missing  nothing
SELECT {schema}.append_writes($1, $2, $3) AS position
