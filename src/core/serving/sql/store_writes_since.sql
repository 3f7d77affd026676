-- What was written after a position, and how far the log is.
-- grain    one row per change; one without a change where there is none
-- key      position
-- reads    writes, writes_position; {schema} is put in
-- as of    the statement
-- missing  position, written_at and record: nothing was written after the position, or it is no longer kept
-- order    by position
SELECT p.log_id, p.position AS last, w.position, w.written_at, w.record
FROM {schema}.writes_position p
LEFT JOIN (SELECT position, written_at, record FROM {schema}.writes WHERE position > $1 ORDER BY position LIMIT $2) w
  ON true
ORDER BY w.position
