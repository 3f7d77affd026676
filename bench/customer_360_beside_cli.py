#!/usr/bin/env python3
"""Customer 360 by `aisle refresh` beside the same SQL in DuckDB's command line, in turns on copies of one warehouse.

    python3 -m venv v && v/bin/pip install duckdb-cli==1.5.6
    python3 bench/customer_360_beside_cli.py --data DIR --duckdb v/bin/duckdb --aisle build/release/src/app/aisle

DIR is an aisle data directory with events in it. Prints both sides' medians and the median of the turns' ratios.
"""
import argparse, json, pathlib, re, shutil, statistics, subprocess, tempfile

SRC = pathlib.Path(__file__).resolve().parent.parent / "src"
SQL = SRC / "batch/gold/sql"
TABLES = {"gold.customer_category": "customer_category.sql", "gold.customer_state": "customer_state.sql",
          "gold.customer_360": "customer_360.sql"}


def kinds():
    """What the queries take as $browse_kinds and so on, from the one list (ground/domain/event_kind.h)."""
    text = (SRC / "ground/domain/event_kind.h").read_text()
    order = re.findall(r"k\w+", re.search(r"enum class EventKind[^{]*{([^}]*)}", text)[1])
    names = re.findall(r'"(\w+)"', re.search(r"kEventKindNames = {([^}]*)}", text)[1])
    name_of = dict(zip(order, names, strict=True))
    groups = re.findall(r"constexpr std::array k(\w+)Kinds = {([^}]*)}", text)
    return {f"${group.lower()}_kinds": "(" + ", ".join(f"'{name_of[k]}'" for k in re.findall(r"EventKind::(k\w+)", members)) + ")"
            for group, members in groups}


def ours(aisle, data, as_of):
    out = subprocess.run([aisle, "refresh", "--data", data, "--as-of", as_of, "--json", "--quiet"], check=True,
                         capture_output=True, text=True).stdout
    tables = json.loads(out)["tables"]
    return sum(t["seconds"] for t in tables if t["table"] in TABLES)


def cli(duckdb, file, as_of):
    script = ".timer on\nSET threads = 2;\nSET TimeZone = 'UTC';\n"
    for table, name in TABLES.items():
        text = (SQL / name).read_text().replace("$customers", "raw.customers")
        for parameter, value in kinds().items():
            text = text.replace(parameter, value)
        script += f"CREATE OR REPLACE TABLE {table} AS\n" + text.replace("$as_of", f"TIMESTAMP '{as_of}'") + ";\n"
    done = subprocess.run([duckdb, file], input=script, capture_output=True, text=True, check=True)
    assert "Error" not in done.stderr, done.stderr
    times = [float(line.split("real")[1].split()[0]) for line in done.stdout.splitlines() if "Run Time" in line]
    return sum(times[-len(TABLES):])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", required=True)
    parser.add_argument("--duckdb", required=True)
    parser.add_argument("--aisle", default="build/release/src/app/aisle")
    parser.add_argument("--as-of", default="2026-11-24 00:00:00")
    parser.add_argument("--turns", type=int, default=7)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        data = pathlib.Path(folder) / "data"
        shutil.copytree(given.data, data)
        file = pathlib.Path(folder) / "cli.duckdb"
        shutil.copy(data / "warehouse.duckdb", file)
        turns = [(ours(given.aisle, str(data), given.as_of), cli(given.duckdb, str(file), given.as_of))
                 for _ in range(given.turns)]
    mine, theirs = zip(*turns)
    print(f"aisle refresh {statistics.median(mine):.3f} s, command line {statistics.median(theirs):.3f} s, "
          f"ratio {statistics.median(a / b for a, b in turns):.3f} "
          f"[{min(a / b for a, b in turns):.3f} {max(a / b for a, b in turns):.3f}], {given.turns} turns")


main()
