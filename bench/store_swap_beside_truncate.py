#!/usr/bin/env python3
"""What readers of a Postgres store feel while it is loaded: a rename swap (`aisle store load`) beside TRUNCATE and INSERT in one
transaction, both in one run, under pgbench as the store's reader: one statement a customer, prepared.

    bench/store_swap_beside_truncate.py --data DIR [--aisle build/release/src/app/aisle] [--loads 3] [--readers 3]

The store must be loaded, by the settings of DIR, in the server of `aisle store dev-up`."""
import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time
import tomllib
import urllib.parse

FETCH = """\\set id random({first}, {last})
SELECT m.generation, c.record, (SELECT string_agg(float4send(p.propensity_score), '' ORDER BY p.category_id)
  FROM aisle.customer_propensity p WHERE p.customer_id = :id) AS scores
FROM aisle.aisle_meta m LEFT JOIN aisle.customer_features c ON c.customer_id = :id;
"""


def environment(data, user, password_file):
    settings = tomllib.loads((data / "aisle.toml").read_text())["postgres"]
    url = urllib.parse.urlparse(settings["url"])
    query = dict(urllib.parse.parse_qsl(url.query))
    return {**os.environ, "PGHOST": url.hostname, "PGPORT": str(url.port), "PGDATABASE": url.path.strip("/"), "PGUSER": user,
            "PGPASSWORD": pathlib.Path(password_file).read_text().strip(), "PGSSLMODE": "verify-full",
            "PGSSLROOTCERT": query["sslrootcert"]}


def psql(env, *commands):
    more = [part for command in commands for part in ("-c", command)]
    return subprocess.run(["psql", "-XAtq", "-v", "ON_ERROR_STOP=1", *more], env=env, check=True, text=True,
                          stdout=subprocess.PIPE).stdout.strip()


def under_readers(reader, script, readers, work):
    """Runs the work while pgbench reads; reads, failed reads, milliseconds of the middle and of the worst one."""
    with tempfile.TemporaryDirectory() as folder:
        bench = subprocess.Popen(["/usr/lib/postgresql/15/bin/pgbench", "-n", "-f", script, "-c", str(readers), "-j", "1", "-M", "prepared",
                                  "-T", "600", "--log", "--log-prefix=log"], cwd=folder, env=reader, stdout=subprocess.DEVNULL,
                                 stderr=subprocess.PIPE, text=True)
        time.sleep(2)
        work()
        bench.terminate()
        complaints = bench.communicate()[1]
        took = sorted(int(line.split()[2]) for file in pathlib.Path(folder).glob("log*")
                      for line in file.read_text().splitlines() if len(line.split()) >= 6)
    return len(took), complaints.count("ERROR"), took[len(took) // 2] / 1e3, took[-1] / 1e3


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=pathlib.Path, required=True)
    parser.add_argument("--aisle", default="build/release/src/app/aisle")
    parser.add_argument("--loads", type=int, default=3)
    parser.add_argument("--readers", type=int, default=3)
    asked = parser.parse_args()
    passwords = asked.data / "postgres"
    reader = environment(asked.data, "aisle_reader", passwords / "aisle_reader.password")
    owner = environment(asked.data, "aisle_owner", passwords / "aisle_owner.password")
    owner["PGOPTIONS"] = "-c search_path=aisle"
    first, last = psql(owner, "SELECT min(customer_id), max(customer_id) FROM customer_features").split("|")
    swap_ms = []

    def swap():
        for _ in range(asked.loads):
            done = subprocess.run([asked.aisle, "store", "load", "--json", "--data", str(asked.data)], check=True, text=True,
                                  stdout=subprocess.PIPE)
            swap_ms.append(1e3 * json.loads(done.stdout)["swap_s"])

    def truncate():
        for _ in range(asked.loads):
            psql(owner, "BEGIN", "TRUNCATE customer_features, customer_propensity",
                 "INSERT INTO customer_features SELECT * FROM bench_features",
                 "INSERT INTO customer_propensity SELECT * FROM bench_propensity", "COMMIT")

    with tempfile.NamedTemporaryFile("w", suffix=".sql") as script:
        script.write(FETCH.format(first=first, last=last))
        script.flush()
        psql(owner, "CREATE TABLE bench_features AS SELECT * FROM customer_features",
             "CREATE TABLE bench_propensity AS SELECT * FROM customer_propensity")
        try:
            for name, work in (("rename swap", swap), ("truncate and insert", truncate)):
                reads, failed, middle, worst = under_readers(reader, script.name, asked.readers, work)
                print(f"{name}: {reads} reads, {failed} failed, middle {middle:.2f} ms, worst {worst:.0f} ms")
        finally:
            psql(owner, "DROP TABLE bench_features, bench_propensity")
    print(f"the swap itself: {', '.join(f'{ms:.0f}' for ms in sorted(swap_ms))} ms")


if __name__ == "__main__":
    sys.exit(main())
