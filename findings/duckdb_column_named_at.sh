#!/usr/bin/env bash
# A column that is called at needs quotes in DuckDB since 1.3, also where no table of an export ever changed.
#
#   expected  `at` is a name like any other, as in DuckDB 1.2 and in Postgres: SELECT at FROM events.
#   happens   since 1.3 (time travel: SELECT ... FROM t AT (VERSION => 1)) the word is reserved wherever a column may stand
#             bare: a syntax error that names the word after it. Behind its table (e.at), in quotes, and as an alias with AS it
#             is a name still; as an alias without AS it is not.
#   versions  DuckDB 1.2.2, 1.5.6, Python 3.11; 2026-11-30
#   matters   exports of shops call the time of an event `at`; a mapping's query over them that ran under 1.2 fails under
#             1.5, and the message points beside it. Queries here say the table, or quote.
set -euo pipefail
T=$(mktemp -d); trap 'rm -rf "$T"' EXIT
cat > "$T/ask.py" <<'P'
import duckdb

old = duckdb.__version__.startswith("1.2.")
db = duckdb.connect()
db.execute('CREATE TABLE e ("at" TIMESTAMP, n INT)')
asked = {"SELECT at FROM e": old, "SELECT n FROM e ORDER BY at": old, "SELECT max(at) FROM e": old,
         "SELECT e.at FROM e": True, 'SELECT "at" FROM e': True, "SELECT n AS at FROM e": True}
for query, good in asked.items():
    try:
        db.execute(query)
        said = "answers"
    except duckdb.ParserException as error:
        said = str(error).splitlines()[0]
    print(f"duckdb {duckdb.__version__}: {query:28} {said}")
    assert (said == "answers") == good, query
P
for version in 1.2.2 1.5.6; do
  python3 -m venv "$T/$version"
  "$T/$version/bin/pip" install --quiet --disable-pip-version-check "duckdb==$version"
  "$T/$version/bin/python" "$T/ask.py"
done
