-- Who loads or syncs the store at this moment: the holder of its lock.
-- grain    one row per session that holds the lock
-- key      pid
-- reads    the server's own views; $1: the lock's number
-- as of    the statement
-- missing  no rows: nobody
SELECT a.pid, coalesce(a.application_name, '') AS program, coalesce(a.usename, '') AS role_name,
       coalesce(CAST(a.client_addr AS text), 'a socket of the server') AS client
FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1
  AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
  AND (CAST(l.classid AS bigint) << 32) | CAST(l.objid AS bigint) = $1
