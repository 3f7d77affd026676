-- What was written after a position, how far the log is, and when the write at that position was made: another moment
-- than whoever read it remembers means that the database lost the last writes, as a standby may that was promoted, and gave
-- their positions to others.
-- grain    one row per change; one without a change where there is none
-- key      position
-- reads    writes, writes_position; {schema} is put in
-- as of    the statement
-- missing  position, written_at and record: nothing was written after the position, or it is no longer kept; known_at: the
--          write at the position is no longer kept
-- order    by position
SELECT p.log_id, p.position AS last, w.position, w.written_at, w.record,
       (SELECT k.written_at FROM {schema}.writes k WHERE k.position = $1) AS known_at
FROM {schema}.writes_position p
LEFT JOIN (SELECT position, written_at, record FROM {schema}.writes WHERE position > $1 ORDER BY position LIMIT $2) w
  ON true
ORDER BY w.position
