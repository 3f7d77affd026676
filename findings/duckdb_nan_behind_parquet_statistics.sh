#!/usr/bin/env bash
# DuckDB loses NaN rows of a Parquet file when it filters by the file's statistics.
#
#   expected  WHERE isnan(x), x = 'nan' and x > 5 (NaN is greater than all numbers, says DuckDB's manual) find the same
#             rows in a Parquet file as in a table with its content.
#   happens   statistics of Parquet leave NaN out, as the format says. DuckDB takes min and max for the whole truth: in
#             1.5.6 x = 'nan' finds none and x > 5 none, in 2.0.0 isnan(x) finds none either. NOT isfinite(x) is right.
#   versions  DuckDB 1.5.6 and 2.0.0, PyArrow 26.0.1, Python 3.11; 2026-11-29
#   matters   rows with NaN are NULL in no check and pass it; a guard that was right in 1.5.6 sees nothing in 2.0.0. So
#             queries here ask isfinite only (docs/decisions/0019-what-another-duckdb-would-answer.md).
set -euo pipefail
T=$(mktemp -d); trap 'rm -rf "$T"' EXIT
cat > "$T/ask.py" <<'P'
import sys

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

file = sys.argv[1] + "/x.parquet"
pq.write_table(pa.table({"x": pa.array([1.0, 2.0, float("nan"), 3.0])}), file)
db = duckdb.connect()
db.execute(f"CREATE TABLE t AS FROM '{file}'")
found = {}
for condition in ("isnan(x)", "x = 'nan'", "x > 5", "NOT isfinite(x)"):
    counts = [db.execute(f"SELECT count(*) FROM {source} WHERE {condition}").fetchone()[0] for source in ("t", f"'{file}'")]
    found[condition] = tuple(counts)
    print(f"duckdb {duckdb.__version__}, pyarrow {pa.__version__}: {condition:16} table {counts[0]}, Parquet file {counts[1]}")
isnan = {"1.5.6": (1, 1), "2.0.0": (1, 0)}[duckdb.__version__]
assert found == {"isnan(x)": isnan, "x = 'nan'": (1, 0), "x > 5": (1, 0), "NOT isfinite(x)": (1, 1)}, found
P
for version in 1.5.6 2.0.0; do
  python3 -m venv "$T/$version"
  "$T/$version/bin/pip" install --quiet --disable-pip-version-check "duckdb==$version" pyarrow==26.0.1
  "$T/$version/bin/python" "$T/ask.py" "$T"
done
