-- A new token.
-- grain    one row
-- key      id ($1)
-- reads    nothing
-- as of    now
-- missing  $6 and $9 '': none; $10 and $11 NULL: none
INSERT INTO tokens (id, name, role, created_at, expires_at, customers, requests_per_second, hash, old_hash, old_until, revoked_at)
VALUES ($1, $2, $3, $4, $5, nullif($6, ''), $7, $8, nullif($9, ''), $10, $11)
