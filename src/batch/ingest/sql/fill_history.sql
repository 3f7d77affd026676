-- Gives rows of a history the values that they took from the table, which is about to have others.
--
--   grain    row of {history} whose key has rows of raw.aisle_links
--   reads    raw.aisle_links, raw.aisle_states (position 0: the table as it is), {history}
--   missing  what the table does not know either stays NULL.
UPDATE {history} AS h
SET {filled}
WHERE EXISTS (SELECT 1 FROM raw.aisle_links n WHERE {n=h});
