-- Whether this schema is a store, and whether it is one that knows tokens.
-- grain    one row
-- key      none
-- reads    pg_class, by the search_path
-- as of    now
-- missing  a store that an older aisle made has no tokens, and never had one.
SELECT to_regclass('aisle_migrations') IS NOT NULL AS is_store, to_regclass('tokens') IS NOT NULL AS has_tokens
