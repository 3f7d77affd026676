-- The newest lines of the audit log ($1 of them), oldest first.
-- grain    one row per action
-- key      position
-- reads    token_audit
-- as of    now
-- missing  nothing
SELECT at, action, by_whom, token, detail
FROM (SELECT position, at, action, by_whom, token, detail FROM token_audit ORDER BY position DESC LIMIT $1) AS newest
ORDER BY position
