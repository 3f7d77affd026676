#!/usr/bin/env python3
"""Making and loading the synthetic shop (`aisle generate`) beside DuckDB's command line loading the same rows from
Parquet into a new file, in turns.

    python3 bench/load_beside_parquet.py --data DIR --duckdb v/bin/duckdb --aisle build/release/src/app/aisle

DIR holds a generated shop (seed 1). v: see customer_360_beside_cli.py. Generation itself: aisle_synth_bench.
"""
import argparse, pathlib, statistics, subprocess, tempfile, time


def timed(command, **more):
    begin = time.monotonic()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, **more)
    return time.monotonic() - begin


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", required=True)
    parser.add_argument("--duckdb", required=True)
    parser.add_argument("--aisle", default="build/release/src/app/aisle")
    parser.add_argument("--turns", type=int, default=3)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        warehouse = pathlib.Path(given.data) / "warehouse.duckdb"
        query = "SELECT schema_name || '.' || table_name FROM duckdb_tables() WHERE schema_name IN ('raw', 'oracle')"
        tables = subprocess.run([given.duckdb, "-readonly", "-list", "-noheader", str(warehouse), "-c", query], check=True,
                                capture_output=True, text=True).stdout.split()
        export = ";".join(f"COPY {table} TO '{folder}/{table}.parquet'" for table in tables)
        subprocess.run([given.duckdb, "-readonly", str(warehouse), "-c", export], check=True, stdout=subprocess.DEVNULL)
        load = "CREATE SCHEMA raw; CREATE SCHEMA oracle;" + ";".join(
            f"CREATE TABLE {table} AS FROM '{folder}/{table}.parquet'" for table in tables)
        turns = []
        for turn in range(given.turns):
            data = folder / f"shop{turn}"
            subprocess.run([given.aisle, "init", "--quiet", "--data", str(data)], check=True, stdout=subprocess.DEVNULL)
            turns.append((timed([given.aisle, "generate", "--quiet", "--data", str(data)]),
                          timed([given.duckdb, str(folder / f"cli{turn}.duckdb"), "-c", load])))
        mine, theirs = zip(*turns)
        print(f"aisle generate {statistics.median(mine):.1f} s, command line from Parquet {statistics.median(theirs):.1f} s, "
              f"median ratio {statistics.median(a / b for a, b in turns):.2f}, {given.turns} turns")


main()
