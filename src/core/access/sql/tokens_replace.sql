-- What is kept of a token, anew. That it was revoked is never taken back.
-- grain    one row
-- key      id ($1)
-- reads    tokens
-- as of    now
-- missing  as tokens_add; no row: there is no such token
UPDATE tokens
SET name = $2, role = $3, created_at = $4, expires_at = $5, customers = nullif($6, ''), requests_per_second = $7, hash = $8,
  old_hash = nullif($9, ''), old_until = $10, revoked_at = coalesce(revoked_at, $11)
WHERE id = $1
