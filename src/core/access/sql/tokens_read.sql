-- All tokens, as a server keeps them.
-- grain    one row per token
-- key      id
-- reads    tokens
-- as of    now
-- missing  as the table's; texts that are not there come as ''
SELECT id, name, role, created_at, expires_at, coalesce(customers, '') AS customers, requests_per_second, hash,
  coalesce(old_hash, '') AS old_hash, old_until, revoked_at
FROM tokens
ORDER BY created_at, id
