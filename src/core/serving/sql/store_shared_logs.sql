-- The two logs that servers share get what a reader of them needs: an id, times that never fall, marks.
-- grain    writes_position: one row; log_readers: one row per log and reader
-- key      the primary keys
-- reads    nothing
-- as of    not dated
-- missing  written_at of writes_position: '-infinity' before the first write
-- order    positions of both logs have the order of the commits, so whoever has read up to one has seen all before it.
--          Those of writes have no gaps; those of impressions may.
ALTER TABLE writes_position
  ADD COLUMN log_id text NOT NULL DEFAULT replace(CAST(gen_random_uuid() AS text), '-', ''),
  ADD COLUMN written_at timestamptz NOT NULL DEFAULT '-infinity';
COMMENT ON TABLE writes_position IS 'one row: the last position of writes, and which log it is of';

CREATE TABLE log_readers (
  log text NOT NULL,
  reader text NOT NULL,
  position bigint NOT NULL,
  CONSTRAINT log_readers_pkey PRIMARY KEY (log, reader)
);
COMMENT ON TABLE log_readers IS 'one row per log and reader: it is past the records up to this position';
INSERT INTO log_readers (log, reader, position)
VALUES ('writes', 'warehouse', 0), ('writes', 'live', 0), ('impressions', 'warehouse', 0);

-- Temporary tables of whoever inserts must not be taken for ours: they come last, not first.
SELECT set_config('search_path', current_setting('search_path') || ', pg_temp', true);
CREATE OR REPLACE FUNCTION number_write() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $function$
BEGIN
  -- A clock that was put back does not make a write older than the one before it.
  UPDATE writes_position p SET position = p.position + 1, written_at = greatest(clock_timestamp(), p.written_at)
  RETURNING p.position, p.written_at INTO NEW.position, NEW.written_at;
  PERFORM pg_notify('aisle_writes', NEW.position::text);
  RETURN NEW;
END
$function$;

-- Numbers of an identity are given before the commit: without this a reader could pass one that is committed later.
CREATE FUNCTION order_impressions() RETURNS trigger LANGUAGE plpgsql AS $function$
BEGIN
  PERFORM pg_advisory_xact_lock(CAST(TG_RELID AS bigint));
  RETURN NULL;
END
$function$;
REVOKE ALL ON FUNCTION order_impressions() FROM PUBLIC;
CREATE TRIGGER order_impressions BEFORE INSERT ON impressions FOR EACH STATEMENT EXECUTE FUNCTION order_impressions();
