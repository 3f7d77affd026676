-- The tables that the last refresh made, if it was as of this moment.
-- grain    one row per table
-- key      table_name
-- reads    gold.refresh_history
-- as of    $as_of exactly
-- missing  no row: the last refresh was as of another moment, or there was none
SELECT table_name, rows_changed, data_mark
FROM gold.refresh_history
WHERE data_mark IS NOT NULL AND as_of = $as_of
ORDER BY table_name
