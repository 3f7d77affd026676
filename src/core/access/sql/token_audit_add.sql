-- A line of the audit log; its time is the database's.
-- grain    one row
-- key      position, which the database gives
-- reads    nothing
-- as of    now
-- missing  token and detail may be ''
INSERT INTO token_audit (action, by_whom, token, detail) VALUES ($1, $2, $3, $4)
