#!/usr/bin/env bash
# Expected: a Parquet DECIMAL(50,2) that holds 1.25, a valid file by the format, is read as 1.25, or refused.
# What happens: DuckDB 1.5.6 types the column DOUBLE and reads 20971520.0, which is 1.25 times 2^24; at DECIMAL(39,2) it is another
#   power of two. No warning. DECIMAL(38,2) and less are right. pyarrow reads its own file back as 1.25.
# Versions: duckdb 1.5.6, pyarrow 26.0.1, Python 3.11, Linux x86_64. Date: 2026-11-29.
# Why it matters: prices and sums of decimal256 columns (Arrow, ClickHouse, BigQuery's BIGNUMERIC) become other amounts, silently.
#   Our importer refuses such columns by name (docs/PARQUET_TYPES.md).
# Exits 0 while that is so, and 1 when it changes.
set -euo pipefail
T=$(mktemp -d); trap 'rm -rf "$T"' EXIT; cd "$T"
python3 -m venv v
./v/bin/pip install -q --disable-pip-version-check duckdb==1.5.6 pyarrow==26.0.1
./v/bin/python - <<'P'
import decimal
import sys

import duckdb
import pyarrow
import pyarrow.parquet

print("duckdb", duckdb.__version__, "pyarrow", pyarrow.__version__)
value = decimal.Decimal("1.25")
as_before = True
for digits, kind, read in ((38, pyarrow.decimal128(38, 2), decimal.Decimal("1.25")), (39, pyarrow.decimal256(39, 2), 1.25 * 2 ** 56),
                           (50, pyarrow.decimal256(50, 2), 1.25 * 2 ** 24)):
    pyarrow.parquet.write_table(pyarrow.table({"price": pyarrow.array([value], kind)}), "p.parquet")
    assert pyarrow.parquet.read_table("p.parquet")["price"][0].as_py() == value
    (name, got), = duckdb.sql("SELECT typeof(price), price FROM 'p.parquet'").fetchall()
    print(f"DECIMAL({digits},2) 1.25 is read as {name} {got}; before: {read}")
    as_before = as_before and got == read
sys.exit(0 if as_before else 1)
P
