-- Puts raw.aisle_links in the place of what the history held from the same moments on.
--
--   grain    row of {history}
--   reads    raw.aisle_links, {history}
DELETE FROM {history} h
WHERE EXISTS (SELECT 1 FROM raw.aisle_links n WHERE {n=h} AND n.valid_from = h.valid_from);
INSERT INTO {history} ({keys}, {values}, valid_from, valid_to)
SELECT {keys}, {values}, valid_from, valid_to FROM raw.aisle_links;
DROP TABLE raw.aisle_links;
