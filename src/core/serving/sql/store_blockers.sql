-- Who keeps a load from swapping its tables in: sessions that hold a lock on one of them.
-- grain    one row per session
-- key      pid
-- reads    the server's own views; $1: the tables
-- as of    the statement
-- missing  no rows: nobody any more
SELECT DISTINCT a.pid, coalesce(a.application_name, '') AS program, coalesce(a.usename, '') AS role_name, a.state,
       CAST(coalesce(extract(epoch FROM clock_timestamp() - a.xact_start), 0) AS double precision) AS seconds
FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
WHERE l.locktype = 'relation' AND l.granted AND a.pid <> pg_backend_pid()
  AND l.relation IN (SELECT CAST(t AS regclass) FROM unnest(CAST($1 AS text[])) t)
ORDER BY seconds DESC
LIMIT 3
