-- What the three roles may do. Given again by every `create`; {names} are put in.
-- grain    none: it grants
-- reads    nothing
-- as of    not dated
-- missing  the reader may neither change nor remove anything; the writer may not make or drop tables. Whoever inserts a
--          write is numbered by a trigger of the owner, and needs no right on the counter or the function.
GRANT USAGE ON SCHEMA {schema} TO {writer}, {reader};
GRANT SELECT ON ALL TABLES IN SCHEMA {schema} TO {writer}, {reader};
GRANT INSERT, UPDATE, DELETE ON customer_features, customer_propensity, inventory, product_catalog, customer_ids TO {writer};
GRANT INSERT, UPDATE ON aisle_meta, log_readers TO {writer};
GRANT DELETE ON impressions, writes TO {writer};
GRANT INSERT, DELETE ON generation_files TO {writer};
GRANT INSERT ON impressions, writes TO {reader};
