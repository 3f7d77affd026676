#!/usr/bin/env bash
# DuckDB 2.0.0 casts '2025-01-15 14:03:22 -0500' to TIMESTAMP without its offset, and does not cast it to TIMESTAMPTZ.
#
#   expected  a text with an offset is a TIMESTAMPTZ; as a TIMESTAMP it is an error (as in 1.5.6) or the time in UTC.
#   happens   in 1.5.6 both casts of the text fail, in 2.0.0 TIMESTAMP is 14:03:22 and TIMESTAMPTZ still fails. Of
#             '2025-07-10 18:30:00 America/New_York' 2.0.0 gives 18:30:00 as TIMESTAMP and 22:30:00 UTC as TIMESTAMPTZ.
#             '2025-07-10 18:30:00+02:00' is 18:30:00 as TIMESTAMP in both.
#   versions  DuckDB 1.5.6 and 2.0.0 (pytz 2026.6), Python 3.11; 2026-11-29
#   matters   TRY_CAST(t AS TIMESTAMP) as a test of "is it a time without a zone" moves every such time by its offset, in
#             silence, from one version to the next. So texts are told apart by pattern (src/batch/ingest/time_text.h).
set -euo pipefail
T=$(mktemp -d); trap 'rm -rf "$T"' EXIT
cat > "$T/ask.py" <<'P'
import duckdb

db = duckdb.connect()
db.execute("SET TimeZone = 'UTC'")
found = {}
for text in ("2025-01-15 14:03:22 -0500", "2025-07-10 18:30:00 America/New_York", "2025-07-10 18:30:00+02:00"):
    found[text] = db.execute("SELECT CAST(TRY_CAST($1 AS TIMESTAMP) AS VARCHAR), "
                             "CAST(TRY_CAST($1 AS TIMESTAMPTZ) AS VARCHAR)", [text]).fetchone()
    print(f"duckdb {duckdb.__version__}: {text}: TIMESTAMP {found[text][0]}, TIMESTAMPTZ {found[text][1]}")
new = duckdb.__version__ == "2.0.0"
assert list(found.values()) == [
    ("2025-01-15 14:03:22" if new else None, None),
    ("2025-07-10 18:30:00" if new else None, "2025-07-10 22:30:00+00"),
    ("2025-07-10 18:30:00", "2025-07-10 16:30:00+00"),
], found
P
for version in 1.5.6 2.0.0; do
  python3 -m venv "$T/$version"
  "$T/$version/bin/pip" install --quiet --disable-pip-version-check "duckdb==$version" pytz==2026.6
  "$T/$version/bin/python" "$T/ask.py"
done
