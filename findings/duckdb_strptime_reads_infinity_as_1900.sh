#!/usr/bin/env bash
# DuckDB's try_strptime reads 'infinity' and 'epoch' as 1900-01-01, whatever the format is.
#
#   expected  try_strptime('infinity', '%d.%m.%Y') is NULL: the text is not as the format says.
#   happens   it is TIMESTAMP '1900-01-01 00:00:00', and so are '-infinity' and 'epoch'. strptime, without try_, gives an
#             infinity for the first, 1970-01-01 for 'epoch'.
#   versions  DuckDB 1.5.6 and 2.0.0, Python 3.11; 2026-11-29
#   matters   such words stand in exports (Postgres writes infinity); with a format they become a date that looks like
#             one. So a text is held to a pattern made of its format first (src/batch/ingest/time_text.h).
set -euo pipefail
T=$(mktemp -d); trap 'rm -rf "$T"' EXIT
cat > "$T/ask.py" <<'P'
import duckdb

for text, plain in (("infinity", "infinity"), ("-infinity", "-infinity"), ("epoch", "1970-01-01 00:00:00"), ("never", None)):
    tried, = duckdb.execute("SELECT CAST(try_strptime(?, '%d.%m.%Y') AS VARCHAR)", [text]).fetchone()
    try:
        given, = duckdb.execute("SELECT CAST(strptime(?, '%d.%m.%Y') AS VARCHAR)", [text]).fetchone()
    except duckdb.Error:
        given = None
    print(f"duckdb {duckdb.__version__}: {text}: try_strptime {tried}, strptime {given or 'fails'}")
    assert (tried, given) == ("1900-01-01 00:00:00" if plain else None, plain), (text, tried, given)
P
for version in 1.5.6 2.0.0; do
  python3 -m venv "$T/$version"
  "$T/$version/bin/pip" install --quiet --disable-pip-version-check "duckdb==$version"
  "$T/$version/bin/python" "$T/ask.py"
done
