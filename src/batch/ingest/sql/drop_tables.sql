-- Takes everything out of the schemas raw and oracle, whatever its format.
DROP SCHEMA IF EXISTS raw CASCADE;
DROP SCHEMA IF EXISTS oracle CASCADE;
