-- What the three roles may do. Given again by every `create`; {names} are put in.
-- grain    none: it grants
-- reads    nothing
-- as of    not dated
-- missing  the reader may neither change nor remove anything; the writer may not make or drop tables. Whoever adds
--          writes does so by a function of the owner, and needs no right on the counter or the table. Tokens are the
--          owner's alone to make; servers read them, and add to the log of what was refused without reading it.
GRANT USAGE ON SCHEMA {schema} TO {writer}, {reader};
GRANT SELECT ON ALL TABLES IN SCHEMA {schema} TO {writer}, {reader};
GRANT INSERT, UPDATE, DELETE ON customer_features, customer_propensity, inventory, product_catalog, customer_ids TO {writer};
GRANT INSERT, UPDATE ON aisle_meta, log_readers TO {writer};
GRANT DELETE ON impressions, writes TO {writer};
GRANT INSERT, DELETE ON generation_files TO {writer};
-- Positions are not the reader's to choose.
REVOKE INSERT ON impressions, writes FROM {reader};
GRANT INSERT (request_id, served_at, customer_id, region, generation, record) ON impressions TO {reader};
GRANT EXECUTE ON FUNCTION append_writes(text[], text[], bytea[]) TO {reader};
REVOKE ALL ON tokens, token_audit FROM {writer};
REVOKE ALL ON token_audit FROM {reader};
GRANT INSERT (action, by_whom, token, detail) ON token_audit TO {reader};
