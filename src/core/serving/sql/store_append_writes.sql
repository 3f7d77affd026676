-- Live changes are numbered by the statement, not row by row; who adds them may do nothing else to their table.
-- grain    none: a function, and rights are taken back
-- key      none
-- reads    nothing
-- as of    not dated
-- missing  an array that is shorter than the others is refused, as a null in a row
-- order    as store_shared_logs: positions have no gaps and the order of the commits. Times never fall; those of one call are
--          equal.
DROP TRIGGER number_write ON writes;
DROP FUNCTION number_write();
-- Temporary tables of whoever calls it must not be taken for ours: they come last, not first.
SELECT set_config('search_path', current_setting('search_path') || ', pg_temp', true);
CREATE FUNCTION append_writes(kinds text[], keys text[], records bytea[]) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $function$
DECLARE
  last bigint;
  moment timestamptz;
BEGIN
  -- A clock that was put back does not make a write older than the one before it.
  UPDATE writes_position p SET position = p.position + cardinality(records), written_at = greatest(clock_timestamp(), p.written_at)
  RETURNING p.position, p.written_at INTO last, moment;
  INSERT INTO writes (position, written_at, kind, key, record)
  SELECT last - cardinality(records) + n.place, moment, n.kind, n.key, n.record
  FROM unnest(kinds, keys, records) WITH ORDINALITY AS n(kind, key, record, place);
  PERFORM pg_notify('aisle_writes', last::text);
  RETURN last;
END
$function$;
REVOKE ALL ON FUNCTION append_writes(text[], text[], bytea[]) FROM PUBLIC;
