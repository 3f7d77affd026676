-- Access tokens that several servers share, and the log of what was done with them.
-- grain    tokens: one row per token, also of those that were revoked or are past their time; token_audit: one per action
-- key      the primary keys
-- reads    nothing
-- as of    not dated
-- missing  customers NULL: all of them; old_hash NULL: there is no secret from before a rotation; revoked_at NULL: not
--          revoked. requests_per_second 0: without a limit. Secrets are nowhere, only their SHA-256 in hexadecimal.
CREATE TABLE tokens (
  id text COLLATE "C" NOT NULL,
  name text NOT NULL,
  role text NOT NULL,
  created_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  customers text,
  requests_per_second bigint NOT NULL DEFAULT 0,
  hash text NOT NULL,
  old_hash text,
  old_until timestamptz,
  revoked_at timestamptz,
  CONSTRAINT tokens_pkey PRIMARY KEY (id)
);
COMMENT ON TABLE tokens IS 'one row per access token; aisle tokens makes, revokes and rotates them';

CREATE TABLE token_audit (
  position bigint GENERATED ALWAYS AS IDENTITY,
  at timestamptz NOT NULL DEFAULT clock_timestamp(),
  action text NOT NULL,
  by_whom text NOT NULL,
  token text NOT NULL,
  detail text NOT NULL,
  CONSTRAINT token_audit_pkey PRIMARY KEY (position)
);
COMMENT ON TABLE token_audit IS 'one row per administrative action, and per one that was refused; aisle tokens log shows them';
