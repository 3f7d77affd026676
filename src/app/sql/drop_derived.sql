-- Takes out what was computed from raw tables that are about to be replaced.
DROP SCHEMA IF EXISTS gold CASCADE;
DROP SCHEMA IF EXISTS feature_store CASCADE;
