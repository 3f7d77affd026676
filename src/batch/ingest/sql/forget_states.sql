-- Forgets states that were made for a history alone.
--
--   reads    nothing
DROP TABLE raw.aisle_states;
