#!/usr/bin/env python3
"""Records what an aisle binary makes of two fixed shops, as text that compare.py holds against another recording.

  python3 tests/golden/record.py build/release/src/app/aisle /tmp/golden-new

From nothing: a synthetic shop (fixed seed, fixed day in the past, so that requests do not see the clock), both pairs of
recipes, and a shop of files with a region that has nothing in stock. README.md says what is recorded and what is not."""
import argparse
import json
import pathlib
import re
import shutil
import sys
import tempfile
import time

import cases
from asking import Normalizer, Section, Shop, digest

ROOT = pathlib.Path(__file__).resolve().parents[2]
SEED, AS_OF, CUSTOMERS, ASKED = "11", "2025-11-20", 3000, 200
FIRST_CUSTOMER = 1000000
ZIP_CODES = ["10001", "33101", "60601", "75201", "94105", "55401", "98101"]
# Columns that hold the time of the recording, or an id that is made of it.
CLOCKED = {"gold.refresh_history": ("started_at", "finished_at", "lag_minutes"), "raw.about": ("value",),
           "raw.event_stream": ("loaded_at",), "raw.impressions": ("served_at",), "raw.rejects": ("rejected_at",)}
COMMANDS = ("demo init generate import tables sql refresh train score publish worker models evaluate serve up recommend status "
            "clean").split()


class Recorder:
    def __init__(self, binary, out, work):
        self.binary, self.out, self.work = binary, out, work
        self.normalize = Normalizer([(work, "<work>"), (ROOT, "<home>")])
        self.counts = {}

    def shop(self, name):
        return Shop(self.binary, self.work / name)

    def section(self, name):
        section = Section(self.out, name, self.normalize)
        self.counts[name] = section
        return section

    def copy(self, shop, name):
        shutil.copytree(shop.data, self.work / name, ignore=shutil.ignore_patterns("*.lock", "serve.json"))
        return self.shop(name)


def served(recorder, shop, name, ask):
    """A section of what a server of this shop answers."""
    with recorder.section(name) as section, shop.serving() as server:
        ask(server, section)
    print(f"           {name}: {section.count}", flush=True)


def two_hundred(server, section):
    """Every customer: at home, somewhere else with one product, elsewhere again with a hundred, and ten in between."""
    for i in range(ASKED):
        customer = FIRST_CUSTOMER + i * (CUSTOMERS // ASKED)
        zip_code = lambda step: ZIP_CODES[(i + step) % len(ZIP_CODES)]
        server.get(section, f"/recommend?customer_id={customer}")
        server.get(section, f"/recommend?customer_id={customer}&zip_code={zip_code(0)}&top_n=1")
        server.get(section, f"/recommend?customer_id={customer}&zip_code={zip_code(2)}&top_n=100")
        server.get(section, f"/recommend?customer_id={customer}&zip_code={zip_code(5)}&top_n=5&strict=true")


def a_few(server, section):
    """A rung: forty known customers and three that nobody knows, in every region and in none."""
    for i in range(40):
        customer = FIRST_CUSTOMER + 7 * i
        server.get(section, f"/recommend?customer_id={customer}&top_n=5")
        server.get(section, f"/recommend?customer_id={customer}&zip_code={ZIP_CODES[i % 7]}&top_n=20")
    for customer in (0, 999999, FIRST_CUSTOMER + CUSTOMERS):
        for zip_code in ZIP_CODES:
            server.get(section, f"/recommend?customer_id={customer}&zip_code={zip_code}&top_n=10")
        server.get(section, f"/recommend?customer_id={customer}")
        server.get(section, f"/recommend?customer_id={customer}&strict=true")
    server.get(section, "/health")


def errors(server, section):
    for ask in (cases.queries, cases.bodies, cases.batches, cases.framing, cases.plain_routes):
        ask(server, section)


def under_another_name(recorder, recipe, model):
    """A shipped recipe whose model takes the place of the one that is served."""
    text = (ROOT / "recipes" / f"{recipe}.toml").read_text()
    path = recorder.work / f"{recipe}.toml"
    path.write_text(re.sub(r'(?m)^model = ".*"', f'model = "{model}"', text))
    return str(path)


def synthetic(recorder):
    """The synthetic shop through all its rungs; gives the shops of the default and of the reference pair."""
    shop = recorder.shop("shop")
    with recorder.section("cli_before_data") as section:
        for command in ("refresh", "train", "score", "publish", "evaluate", "tables", "models list", "status", "recommend 1000000"):
            shop.record(section, *command.split())
    shop.must("generate", "--seed", SEED, "--customers", str(CUSTOMERS), "--oracle-customers", "500", "--as-of", AS_OF)
    served(recorder, shop, "http_not_ready", cases.not_ready)
    shop.must("refresh", "--as-of", AS_OF)
    with recorder.section("cli_without_models") as section:
        for command in ("score", "publish", "recommend 1000000", "recommend 1000000 --json", "recommend 7", "models list"):
            shop.record(section, *command.split())
    served(recorder, shop, "rung_popularity", a_few)
    raw = recorder.copy(shop, "raw")
    shop.must("train", "propensity_default", "--as-of", AS_OF)
    shop.must("score", "--as-of", AS_OF)
    shop.must("publish", "--as-of", AS_OF)
    served(recorder, shop, "rung_propensity", a_few)
    shop.must("train", "ranking_default", "--as-of", AS_OF)
    shop.must("publish", "--as-of", AS_OF)
    served(recorder, shop, "answers_default", two_hundred)
    served(recorder, shop, "rung_model", a_few)
    served(recorder, shop, "http_errors", errors)
    shutil.copytree(shop.data / "registry" / "ranking", raw.data / "registry" / "ranking")
    raw.must("publish", "--as-of", AS_OF)
    served(recorder, raw, "rung_model_without_propensities", a_few)
    reference = recorder.copy(shop, "reference")
    reference.must("train", under_another_name(recorder, "propensity_reference", "propensity"),
                   under_another_name(recorder, "ranking_reference", "ranking"), "--as-of", AS_OF)
    reference.must("score", "--as-of", AS_OF)
    reference.must("publish", "--as-of", AS_OF)
    served(recorder, reference, "answers_reference", two_hundred)
    swept = recorder.copy(raw, "swept")
    shutil.rmtree(swept.data / "registry" / "ranking")
    shutil.copytree(reference.data / "registry" / "ranking", swept.data / "registry" / "ranking")
    swept.must("publish", "--as-of", AS_OF)
    served(recorder, swept, "rung_swept_without_propensities", a_few)
    shop.must("train", "propensity_reference", "ranking_reference", "--as-of", AS_OF)
    # Brings the impressions of all that was asked into the warehouse.
    shop.must("worker", "--as-of", AS_OF)
    return shop, reference


def with_files(recorder):
    """The corner shop, with nothing in stock in the West and a customer whose zip code nobody knows."""
    mapping = recorder.work / "corner"
    shutil.copytree(ROOT / "config" / "mappings" / "corner_shop", mapping)
    path = mapping / "mapping.toml"
    text = path.read_text()
    if ", ('West')" not in text:
        sys.exit(f"record: {path} stocks no West that could be taken out")
    path.write_text(text.replace(", ('West')", ""))
    with (mapping / "customers.csv").open("a") as file:
        file.write("carla,,05/01/2024\n")
    shop = recorder.shop("files")
    with recorder.section("files_cli") as section:
        for command in (["import", str(path), str(mapping)], ["refresh"], ["publish"], ["tables"], ["recommend", "anton"],
                        ["recommend", "carla", "--json"], ["recommend", "nobody"]):
            shop.record(section, *command)
    ids = sorted(row["customer_id"] for row in map(json.loads, shop.must(
        "sql", "--json", "SELECT customer_id FROM raw.customers").splitlines()))

    def ask(server, section):
        for customer in [*ids, 77]:
            for zip_code in ["", *(f"&zip_code={zip_code}" for zip_code in ZIP_CODES)]:
                server.get(section, f"/recommend?customer_id={customer}{zip_code}")
    served(recorder, shop, "files_answers", ask)
    with recorder.section("files_tables") as section:
        tables(shop, section)


def command_line(recorder, shop, reference):
    with recorder.section("cli_help") as section:
        for command in ("help", "--version", *(f"help {name}" for name in COMMANDS), *(f"{name} --help" for name in COMMANDS)):
            shop.record(section, *command.split())
    with recorder.section("cli_recommend") as section:
        for one in (shop, reference):
            for i in range(30):
                customer = str(FIRST_CUSTOMER + 13 * i)
                one.record(section, "recommend", customer)
                one.record(section, "recommend", customer, "--json", "--zip-code", ZIP_CODES[i % 7], "--top-n", "20")
        for rest in ("--zip-code 1", "--zip-code K1A0B1", "--top-n 0", "--top-n 101", "--top-n x", "--strict", "--all", "--as-of 2025-01-01",
                     "-k 3", "--colour red"):
            shop.record(section, "recommend", "1000000", *rest.split())
        for rest in ("", "7", "7 --strict", "-- -5", "1.5", "x", "9223372036854775808", "1 2", "--all", "--all --top-n 3 -o x.csv",
                     "--all -o /nowhere/x.csv"):
            shop.record(section, "recommend", *rest.split())
    with recorder.section("cli_everybody") as section:
        for one, name in ((shop, "default"), (reference, "reference")):
            for more in ((), ("--exclude-bought", "-k", "7")):
                lists = recorder.work / "lists.csv"
                report = json.loads(one.must("recommend", "--all", "--json", "--as-of", AS_OF, *more, "-o", str(lists)))
                report.pop("seconds")
                section.add(f"recommend --all by the {name} pair {' '.join(more)}", json.dumps(report), checksum=digest(lists))
    with recorder.section("cli_models") as section:
        for one in (shop, reference):
            for command in ("models list", "models list --json", "models show ranking", "models show ranking --json", "models show propensity",
                            "models show propensity --json", "models show ranking/1", "models show nobody", "models show ranking/99",
                            "models promote ranking", "models promote ranking/99", "models rollback nobody", "models"):
                one.record(section, *command.split())
    with recorder.section("cli_tables") as section:
        shop.record(section, "tables")
        shop.record(section, "tables", "--json")
        shop.record(section, "status", "--json")
        for query in ("SELECT 1; DELETE FROM raw.event_stream", "SELECT 1\nFROM raw.event_streem", "", "DROP TABLE raw.stores"):
            shop.record(section, "sql", query)
    with recorder.section("cli_evaluate") as section:
        for one in (shop, reference):
            one.record(section, "evaluate", "--json", "--as-of", AS_OF, "--customers-max", "1500")
            one.record(section, "evaluate", "--as-of", AS_OF, "--customers-max", "500")


def tables(shop, section):
    """Rows and an order-independent checksum of every column, table by table."""
    rows = map(json.loads, shop.must("sql", "--json", "SELECT table_schema || '.' || table_name AS name, column_name AS col, data_type AS "
                                     "kind FROM information_schema.columns WHERE table_schema IN ('raw', 'gold', 'feature_store', 'oracle') "
                                     "ORDER BY table_schema, table_name, ordinal_position").splitlines())
    columns = {}
    for row in rows:
        if row["col"] not in CLOCKED.get(row["name"], ()):
            columns.setdefault(row["name"], []).append((row["col"], row["kind"]))
    for name, there in columns.items():
        sums = ", ".join(f'sum(hash("{column}")::HUGEINT)::VARCHAR AS "{column}"' for column, _ in there)
        names = ", ".join(f'"{column}"' for column, _ in there)
        found = json.loads(shop.must("sql", "--json", f"SELECT count(*) AS rows, sum(hash(t)::HUGEINT)::VARCHAR AS whole, {sums} "
                                                      f"FROM (SELECT {names} FROM {name}) t"))
        section.add(f"{name} whole", json.dumps(found["whole"]), rows=found["rows"])
        for column, kind in there:
            section.add(f"{name}.{column} {kind}", json.dumps(found[column]))


def generation_files(recorder, shop, reference):
    """Only to look at: a format may change without any answer changing."""
    with recorder.section("information_files") as section:
        for one in (shop, reference):
            for folder in ("serving", "registry"):
                for path in sorted((one.data / folder).rglob("*")):
                    if path.is_file():
                        section.add(str(path), digest(path))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary", type=pathlib.Path)
    parser.add_argument("out", type=pathlib.Path, help="a folder, which must not be there")
    parser.add_argument("--keep", action="store_true", help="leave the data directories where they were made")
    arguments = parser.parse_args()
    if arguments.out.exists():
        sys.exit(f"record: {arguments.out} is there already")
    began = time.monotonic()
    arguments.out.mkdir(parents=True)
    work = pathlib.Path(tempfile.mkdtemp(prefix="aisle-golden-"))
    try:
        recorder = Recorder(arguments.binary.resolve(), arguments.out, work)
        shop, reference = synthetic(recorder)
        with recorder.section("tables") as section:
            tables(shop, section)
        command_line(recorder, shop, reference)
        with_files(recorder)
        generation_files(recorder, shop, reference)
    finally:
        if arguments.keep:
            print(f"record: the data are in {work}")
        else:
            shutil.rmtree(work, ignore_errors=True)
    total = sum(section.count for section in recorder.counts.values())
    print(f"record: {total} lines in {len(recorder.counts)} files under {arguments.out}, {time.monotonic() - began:.0f} s")


if __name__ == "__main__":
    main()
