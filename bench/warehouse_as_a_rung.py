#!/usr/bin/env python3
"""What a look-up in the warehouse would cost a request: open it read-only, read one customer, close it.

    python3 -m venv V && V/bin/pip install duckdb==1.5.6
    V/bin/python bench/warehouse_as_a_rung.py --data DIR [--aisle BINARY] [--customers 200]

DIR is an aisle data directory in which a night has run. Reads what a server decodes of a customer (state, histories by category and
product, propensities) from the tables that the last refresh made, each customer with an open file of its own, and the same with the file
left open. Then what happens while a job holds the file, and what happens to a job while a reader does. Beside it the embedded generation:
`timings` of a server's own answers. Prints medians and 99th percentiles.
"""
import argparse, http.client, json, pathlib, random, statistics, subprocess, sys, time

import duckdb

TABLES = ("gold.customer_state", "gold.customer_category", "gold.customer_product", "gold.customer_propensity")


def read(connection, customer):
    return [len(connection.execute(f"SELECT * FROM {table} WHERE customer_id = ?", [customer]).fetchall()) for table in TABLES]


def timed(function, *arguments):
    began = time.perf_counter()
    value = function(*arguments)
    return 1e3 * (time.perf_counter() - began), value


def once(file, customer):
    opened, connection = timed(lambda: duckdb.connect(file, read_only=True, config={"threads": 1}))
    answered, rows = timed(read, connection, customer)
    closed, _ = timed(connection.close)
    if rows[0] != 1:
        raise SystemExit(f"customer {customer} has {rows[0]} states")
    return opened, answered, closed


def say(what, values):
    values = sorted(values)
    print(f"{what:52} p50 {statistics.median(values):9.3f} ms   p99 {values[int(0.99 * (len(values) - 1))]:9.3f} ms")


def attempt(file):
    try:
        duckdb.connect(file, read_only=True).close()
        return "opened"
    except duckdb.IOException as error:
        return str(error).split("\n")[0]


def while_a_job_runs(aisle, data, file):
    job = subprocess.Popen([aisle, "refresh", "--data", data, "--quiet"], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    tries, began = [], time.perf_counter()
    while job.poll() is None:
        tries.append(timed(attempt, file))
        time.sleep(0.02)
    took = time.perf_counter() - began
    job.stderr.close()
    refused = [(t, said) for t, said in tries if said != "opened"]
    print(f"\na refresh of {took:.1f} s: {len(tries)} tries to open, {len(refused)} refused")
    if refused:
        say("  to be refused", [t for t, _ in refused])
        print(f"  {refused[0][1]}")


def a_job_meets_a_reader(aisle, data, file):
    with duckdb.connect(file, read_only=True) as reader:
        reader.execute("SELECT 1")
        done = subprocess.run([aisle, "refresh", "--data", data, "--quiet"], capture_output=True, text=True)
    print(f"\na refresh while a reader has the file open: exit {done.returncode}; {done.stderr.strip()}")


def from_the_generation(aisle, data, customers):
    server = subprocess.Popen([aisle, "serve", "--data", data, "--listen", "127.0.0.1:0", "--threads", "1"],
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        file = pathlib.Path(data) / "run" / "serve.json"
        while not (file.exists() and json.loads(file.read_text())["pid"] == server.pid):
            if server.poll() is not None:
                raise SystemExit("the server ended")
            time.sleep(0.05)
        host, port = json.loads(file.read_text())["address"].rsplit(":", 1)
        connection = http.client.HTTPConnection(host, int(port))
        took = []
        for customer in customers:
            connection.request("GET", f"/recommend?customer_id={customer}&zip_code=10001&dry_run=true")
            took.append(json.loads(connection.getresponse().read())["timings"])
        say("\nthe published generation, look-ups of an answer", [t["features_ms"] + t["propensity_ms"] for t in took])
        say("the published generation, the whole answer", [t["total_ms"] for t in took])
    finally:
        server.terminate()
        server.wait()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True)
    parser.add_argument("--aisle", default="build/release/src/app/aisle")
    parser.add_argument("--customers", type=int, default=200)
    given = parser.parse_args()
    file = str(pathlib.Path(given.data) / "warehouse.duckdb")
    with duckdb.connect(file, read_only=True) as connection:
        ids = [row[0] for row in connection.execute("SELECT customer_id FROM gold.customer_state ORDER BY 1").fetchall()]
    customers = random.Random(1).sample(ids, given.customers)
    print(f"{len(ids)} customers, {pathlib.Path(file).stat().st_size / 1e6:.0f} MB, DuckDB {duckdb.__version__}\n", flush=True)
    parts = [once(file, customer) for customer in customers]
    for name, values in zip(("open", "read one customer", "close"), zip(*parts)):
        say(f"warehouse: {name}", values)
    say("warehouse: all of it", [sum(part) for part in parts])
    with duckdb.connect(file, read_only=True, config={"threads": 1}) as connection:
        say("warehouse: read one customer, the file left open", [timed(read, connection, customer)[0] for customer in customers])
    from_the_generation(given.aisle, given.data, customers)
    while_a_job_runs(given.aisle, given.data, file)
    a_job_meets_a_reader(given.aisle, given.data, file)


if __name__ == "__main__":
    sys.exit(main())
