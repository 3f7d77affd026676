-- Forgets the parts of an import's sources, once their last row was read.
--
--   reads    nothing
DROP TABLE aisle_parts;
