-- Which generation the tables hold, and which one is being loaded, for servers that would fetch the rest of it.
-- grain    one row; none before the first load
-- key      only_row
-- reads    aisle_meta, generation_files
-- as of    the statement
-- missing  has_files: false where it was loaded by a program that did not put them in; coming: NULL is none
SELECT m.generation, m.generation_checksum, m.created_at,
       EXISTS (SELECT FROM generation_files f
               WHERE f.generation_checksum = m.generation_checksum AND f.name = 'manifest.json') AS has_files,
       (SELECT f.generation_checksum FROM generation_files f
        WHERE f.name = 'manifest.json' AND f.part = 0 AND f.put_at > m.loaded_at
          AND f.generation_checksum <> m.generation_checksum
        ORDER BY f.put_at DESC LIMIT 1) AS coming
FROM aisle_meta m
