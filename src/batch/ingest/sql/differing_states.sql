-- Rows of {table} that say something else than their history, as states of the moment $begun: files have brought them.
--
--   grain    {keys}
--   reads    {table}, {history}
--   as of    $begun; what began at it or later is newer than the files.
--   missing  a row without a history, or whose history has ended, is left out.
CREATE TABLE raw.aisle_states AS
SELECT {t.keys}, CAST(1 AS BIGINT) AS position, $begun AS taken_at, true AS dated, {t.values}
FROM {table} t
JOIN {history} h ON {h=t}
WHERE h.valid_to IS NULL AND h.valid_from < $begun AND ({values_differ});
