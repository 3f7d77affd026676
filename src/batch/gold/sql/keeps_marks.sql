-- Whether refreshes of this database say what they were made from: those of an older program did not.
-- grain    one row
-- key      none
-- reads    information_schema
-- as of    not dated
-- missing  0: no refresh yet, or only such ones
SELECT count(*) AS columns
FROM information_schema.columns
WHERE table_schema = 'gold' AND table_name = 'refresh_history' AND column_name = 'data_mark'
