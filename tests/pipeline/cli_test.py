"""The command line: who holds what, what is refused, what a damaged file does, and files in and out."""
import csv
import json
import os
import pathlib
import shutil
import signal

import shop



class WithAShop(shop.ShopTest):
    def setUp(self):
        super().setUp()
        self.copy_shop()

    def cut_in_half(self, model, version):
        path = self.data / "registry" / model / str(version) / "model.ubj"
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
        return path

    def test_sql_answers_aligned_or_as_json(self):
        out = self.must("sql", "SELECT 'a' AS name, 10 AS n UNION ALL SELECT 'bcd', 7 ORDER BY n")
        self.assertEqual(out, "name   n\n----  --\nbcd    7\na     10\n(2 rows)\n")
        rows = [json.loads(line) for line in self.must(
            "sql", "--json", "SELECT 1 AS a, 'x' AS b, NULL AS c, 2.5 AS d, [1, 2] AS e; -- and no more").splitlines()]
        self.assertEqual(rows, [{"a": 1, "b": "x", "c": None, "d": 2.5, "e": [1, 2]}])
        self.assertIn("rfm_segment", self.must("sql", "DESCRIBE gold.customer_360"))
        self.assertIn("Champion", self.must("sql", "SELECT rfm_segment, count(*) FROM gold.customer_360 GROUP BY ALL"))
        query = self.folder / "query.sql"
        query.write_text("-- counted\nSELECT count(*) AS n\nFROM raw.stores;\n")
        self.assertEqual(json.loads(self.must("sql", "--json", "--file", str(query))), {"n": 500})
        numbers = "SELECT CAST('inf' AS DOUBLE) AS a, CAST('-inf' AS DOUBLE) AS b, CAST('nan' AS DOUBLE) AS c, NULL AS d"
        self.assertEqual(json.loads(self.must("sql", "--json", numbers), parse_constant=self.fail),
                         {"a": "Infinity", "b": "-Infinity", "c": None, "d": None})

    def test_sql_writes_nothing(self):
        events = self.must("sql", "SELECT count(*) FROM raw.event_stream")
        for query in ("DELETE FROM raw.event_stream", "CREATE TABLE raw.mine (x INT)", "DROP TABLE raw.stores",
                      "SELECT 1; DELETE FROM raw.event_stream", "SELECT * FROM (SELECT 1) AS a; DROP SCHEMA raw CASCADE"):
            self.fails(2, "sql", query)
        self.assertEqual(self.must("sql", "SELECT count(*) FROM raw.event_stream"), events)
        said = self.fails(2, "sql", "SELECT 1\nFROM raw.event_streem")
        self.assertIn("event_streem", said)
        self.assertIn("query:2", said)
        self.fails(2, "sql")
        self.fails(2, "sql", " ; ")

    def test_a_second_job_gets_the_first_one_named(self):
        process = shop.start("train", data=self.data)
        try:
            shop.wait_until(lambda: self.status()["job"], "the training holds the lock")
            for command in ("worker", "refresh", "score", "publish", "train", "generate"):
                said = self.fails(4, command)
                self.assertIn(f"process {process.pid} (aisle train)", said)
            self.assertIn(f"process {process.pid}", self.status()["job"])
            # A reader is told as well: the database is held while the job runs.
            said = self.fails(4, "sql", "SELECT 1")
            self.assertIn(str(process.pid), said)
            self.fails(4, "clean", "--yes")
        finally:
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=shop.PATIENCE)
        self.must("sql", "SELECT 1")

    def test_a_model_cut_in_half_is_named_and_the_old_state_stays(self):
        with self.serving() as server:
            before = self.answer(server)["recommendations"]
            path = self.cut_in_half("ranking", 1)
            for command in (("publish",), ("worker",), ("models", "show", "ranking")):
                self.assertIn(str(path.parent), self.fails(1, *command))
            self.assertEqual(self.answer(server)["recommendations"], before)
            self.assertEqual(self.answer(server)["generation"], 1)
            # Training again gives a whole version, and everything goes on.
            self.must("train", self.small_recipe("ranking"))
            self.must("publish")
            shop.wait_until(lambda: self.answer(server)["generation"] == 2, "generation 2 is served", 30)
            self.assertEqual(self.answer(server)["model"], {"ranking": 2, "propensity": 1})
        self.fails(1, "models", "promote", "ranking/1")
        self.assertEqual(json.loads(self.must("models", "show", "ranking", "--json"))["version"], 2)

    def test_versions_count_up_and_aliases_move(self):
        self.must("train", self.small_recipe("propensity"), "--no-promote")
        models = json.loads(self.must("models", "list", "--json"))
        aliases = {(model["model"], model["version"]): model["aliases"] for model in models}
        self.assertIn("champion", aliases["propensity", 1])
        self.assertIn("challenger", aliases["propensity", 2])
        shown = json.loads(self.must("models", "show", "propensity/2", "--json"))
        self.assertTrue(all(item["name"] and item["type"] for item in shown["inputs"]))
        self.assertTrue(shown["metrics"] and shown["data_fingerprint"] and shown["engine"])
        self.assertLess(shown["window_from"], shown["window_until"])
        self.assertIn("category", self.must("models", "show", "propensity"))
        self.must("models", "promote", "propensity/2")
        self.assertEqual(json.loads(self.must("models", "rollback", "propensity", "--json"))["champion"], 1)
        self.fails(3, "models", "show", "propensity/9")
        self.fails(3, "models", "show", "nobody")
        self.fails(2, "models", "promote", "propensity")

    def test_a_version_that_cannot_be_read_hides_no_other(self):
        folder = self.data / "registry" / "propensity"
        shutil.copytree(folder / "1", folder / "2")
        (folder / "2" / "manifest.json").write_text('{"format": 99}')
        listed = {model["version"]: model for model in json.loads(self.must("models", "list", "--json"))
                  if model["model"] == "propensity"}
        self.assertIn("newer", listed[2]["problem"])
        self.assertEqual((listed[1]["aliases"], listed[1]["recipe"]), ("champion", "propensity_default"))
        self.assertNotIn("problem", listed[1])
        text = self.must("models", "list")
        self.assertIn("UNREADABLE", text)
        self.assertIn(str(folder / "2"), text)
        status = self.status()
        self.assertEqual(len(status["problems"]), 1)
        self.assertIn(str(folder / "2"), status["problems"][0])
        # The champion itself, and then the aliases.
        (folder / "1" / "manifest.json").write_text("{")
        status = self.status()
        self.assertEqual(len(status["problems"]), 2)
        self.assertEqual([(model["model"], model["champion"]) for model in status["models"]],
                         [("propensity", 1), ("ranking", 1)])
        self.assertIn("propensity: version 1 cannot be read", self.status_text())
        (folder / "aliases.json").write_text("{")
        self.assertIn(str(folder / "aliases.json"), self.must("models", "list"))
        self.assertEqual(len(self.status()["problems"]), 3)

    def test_everybodys_list_goes_into_a_file(self):
        candidates = self.folder / "candidates.csv"
        candidates.write_text("product_id\n" + "".join(f"{i}\n" for i in range(1, 301)))
        out = self.folder / "lists.csv"
        self.must("recommend", "--all", "--as-of", shop.AS_OF, "--candidates", str(candidates), "--exclude-bought", "-k",
                  "7", "-o", str(out))
        with out.open() as file:
            rows = list(csv.DictReader(file))
        self.assertEqual(list(rows[0]), ["customer_id", "rank", "product_id"])
        lists = {}
        for row in rows:
            lists.setdefault(row["customer_id"], []).append((int(row["rank"]), int(row["product_id"])))
        self.assertEqual(len(lists), int(shop.CUSTOMERS))
        bought = {(row["c"], row["p"]) for row in map(json.loads, self.must(
            "sql", "--json", "SELECT DISTINCT customer_id AS c, product_id AS p FROM raw.event_stream WHERE event_type "
            "IN ('order_complete', 'pos_purchase') AND event_timestamp < TIMESTAMP '2026-11-20'").splitlines())}
        for customer, entries in lists.items():
            self.assertEqual([rank for rank, _ in entries], list(range(1, 8)))
            self.assertEqual(len({product for _, product in entries}), 7)
            for _, product in entries:
                self.assertTrue(1 <= product <= 300)
                self.assertNotIn((int(customer), product), bought)
        self.fails(2, "recommend", "--all")
        candidates.write_text("product\n1\n")
        self.assertIn("product_id", self.fails(2, "recommend", "--all", "--candidates", str(candidates), "-o", str(out)))
        self.assertEqual([name for name in os.listdir(self.folder) if ".part-" in name], [])

    def test_evaluation_compares_models_baselines_and_the_oracle(self):
        for flag in ("--out", "--html"):
            code, _, err = shop.run("evaluate", flag, str(self.folder / "nowhere" / "report"), data=self.data)
            self.assertEqual((code, "nowhere/report" in err, "evaluating" in err), (3, True, False), err)
        report = json.loads(self.must("evaluate", "--customers-max", "300", "--json"))
        names = {contender["name"] for contender in report["ranking"]}
        self.assertLessEqual({"ranking/1", "popularity_region", "oracle"}, names)
        self.assertEqual(report["ablations"], [], "nobody asked")
        text = self.must("evaluate", "--ablation", "--customers-max", "300")
        self.assertRegex(text, r"\n  pair history +9  +0\.\d{3}  -0\.\d{4} \[-")

    def test_clean_asks_and_leaves_what_is_not_ours(self):
        (self.data / "notes.txt").write_text("mine")
        self.fails(2, "clean")
        self.assertTrue((self.data / "warehouse.duckdb").exists())
        self.must("clean", "--yes")
        self.assertEqual(os.listdir(self.data), ["notes.txt"])
        self.fails(3, "clean", "--yes")

    def test_tables_and_status_agree_on_rows(self):
        tables = {table["table"]: table["rows"] for table in json.loads(self.must("tables", "--json"))}
        for table in self.status()["tables"]:
            self.assertEqual(tables[table["table"]], table["rows"], table["table"])

    def test_status_says_which_tables_are_late_or_outdated(self):
        states = lambda: {table["table"]: table["state"] for table in self.status()["tables"]}
        self.assertEqual(states()["gold.orders"], "complete")
        self.must("refresh", "--as-of", "2026-11-01")
        after = states()
        self.assertEqual((after["gold.orders"], after["gold.customer_propensity"], after["raw.event_stream"]),
                         ("late", "complete", "complete"))
        self.assertIn("late: made longer ago than the target lag", self.status_text())
        self.assertRegex(self.status_text().splitlines()[0], "^PROBLEM    late: .*gold.orders.*`aisle worker` makes them")
        self.must("refresh")
        self.assertEqual(states()["gold.orders"], "complete")
        self.assertNotIn("late:", self.must("status"))

    def test_imported_data_are_not_mixed_with_the_synthetic_ones(self):
        self.fails(5, "import", str(shop.ROOT / "config/mappings/corner_shop/mapping.toml"))
        self.assertEqual(self.status()["raw"]["kind"], "synthetic")

    def test_a_demo_of_another_size_says_what_it_replaces(self):
        code, _, said = shop.run("demo", "--once", "--customers", "200", "--as-of", shop.AS_OF, data=self.data)
        self.assertEqual(code, 0, said)
        self.assertIn(f"in place of the synthetic shop of {shop.CUSTOMERS} customers up to {shop.AS_OF} 00:00:00", said)
        self.assertEqual(self.status()["raw"]["customers"], 200)


    def test_a_warehouse_that_was_removed_is_made_again(self):
        for prepare in ((), ("init",)):
            (self.data / "warehouse.duckdb").unlink()
            if prepare:
                self.must(*prepare)
            status = self.status()
            self.assertEqual((status["raw"], status["tables"], status["problems"]), (None, [], []))
            code, out, said = shop.run(*shop.DEMO, data=self.data)
            self.assertEqual(code, 0, said)
            self.assertNotIn("nothing to make", said)
            self.assertIn("Making a shop", said)
            self.assertIn("\nCustomer 1", out)
            tables = {table["table"]: table["rows"] for table in self.status()["tables"]}
            self.assertEqual(tables["gold.customer_360"], int(shop.CUSTOMERS))

    def test_a_warehouse_of_before_the_refresh_is_refreshed_again(self):
        before = self.folder / "before.duckdb"
        self.must("generate", "--customers", shop.CUSTOMERS, "--as-of", shop.AS_OF)
        # What was made of the data before went with them.
        self.assertEqual([table["table"] for table in self.status()["tables"] if table["job"] != "generate"], [])
        shutil.copy(self.data / "warehouse.duckdb", before)
        self.must("refresh")
        shutil.copy(before, self.data / "warehouse.duckdb")
        code, _, said = shop.run(*shop.DEMO, data=self.data)
        self.assertEqual(code, 0, said)
        self.assertIn("Summing up", said)

    def test_a_file_that_is_no_warehouse_is_named_with_what_to_do(self):
        warehouse = self.data / "warehouse.duckdb"
        for garbage in (b"no database" * 1000, b""):
            warehouse.write_bytes(garbage)
            code, _, said = shop.run(*shop.DEMO, data=self.data)
            self.assertEqual(code, 1, said)
            self.assertNotIn("nothing to make", said)
            self.assertIn(str(warehouse), said)
            self.assertIn("remove it and load again", said)
            status = self.status()
            self.assertEqual(status["tables"], [])
            self.assertEqual(len(status["problems"]), 1)
            self.assertIn(str(warehouse), status["problems"][0])


class WithoutAShop(shop.ShopTest):
    def test_nothing_there_yet_says_what_to_run(self):
        for command in ("sql", "refresh", "train", "score", "publish", "worker", "evaluate", "tables"):
            arguments = (command, "SELECT 1") if command == "sql" else (command,)
            self.assertIn("aisle demo", self.fails(5, *arguments))
            self.assertFalse(self.data.exists())
        self.fails(5, "recommend", "1000000")
        status = self.status()
        self.assertEqual((status["raw"], status["tables"], status["generation"]), (None, [], None))

    def test_settings_are_checked_with_their_line(self):
        settings = self.folder / "my.toml"
        settings.write_text("[serve]\nlissen = \"127.0.0.1:0\"\n")
        self.assertIn("my.toml:2", self.fails(2, "status", "--config", str(settings)))
        self.assertIn("is ready", self.must("init"))
        self.assertIn("nothing was changed", self.must("init"))
        said = self.must("init", "--write-config")
        self.assertIn(f"{self.data}/aisle.toml is written", said)
        self.assertIn("nothing else was changed", said)
        self.fails(5, "init", "--write-config")
        (self.data / "aisle.toml").unlink()
        self.assertEqual(json.loads(self.must("init", "--write-config", "--json")),
                         {"data": str(self.data), "created": False, "warehouse_created": False, "settings_written": True})
        self.must("status")
        (self.data / "aisle.toml").write_text("[general]\nseed = -1\n")
        self.assertIn("'seed' in [general]", self.fails(2, "status"))
        self.fails(2, "status", AISLE_WORKER_EVERY_S="soon")
        self.fails(2, "serve", "--listen", "0.0.0.0:0", AISLE_CONFIG=os.devnull)

    def test_a_real_retailer_goes_the_same_way(self):
        files = self.folder / "files"
        shutil.copytree(shop.ROOT / "config/mappings/corner_shop", files)
        mapping = str(files / "mapping.toml")
        report = json.loads(self.must("import", mapping, "--json"))
        self.assertEqual(report["mapping"], "corner-shop")
        events = self.must("sql", "SELECT count(*) FROM raw.event_stream")
        again = json.loads(self.must("import", mapping, "--json"))
        self.assertTrue(all(table["added"] == 0 for table in again["tables"]), again)
        self.assertEqual(self.must("sql", "SELECT count(*) FROM raw.event_stream"), events)
        status = self.status()
        self.assertEqual(status["raw"]["kind"], "import")
        self.assertTrue(status["raw"]["defaults"])
        self.assertGreater(status["raw"]["until"], report["last_event"])
        self.fails(5, "generate", "--customers", "5")
        self.must("refresh")
        self.assertIn("aisle train", self.fails(5, "score"))
        self.fails(3, "models", "rollback", "nobody")
        self.must("publish")
        self.must("import", mapping)
        states = {table["table"]: table["state"] for table in self.status()["tables"]}
        self.assertEqual((states["gold.orders"], states["raw.event_stream"]), ("outdated", "complete"))
        answer = json.loads(self.must("recommend", "anton", "--json"))
        self.assertEqual(len(answer["recommendations"]), 3)
        self.assertEqual(answer["model"], {"ranking": 0, "propensity": 0})
        # A file that cannot be read changes nothing.
        (files / "orders.csv").unlink()
        self.fails(3, "import", mapping)
        self.assertEqual(self.must("sql", "SELECT count(*) FROM raw.event_stream"), events)

    def test_the_same_seed_gives_the_same_shop(self):
        sums = []
        for seed in ("4", "4", "5"):
            self.must("generate", "--customers", "40", "--as-of", "2026-01-31", "--seed", seed)
            sums.append(self.must("sql", "SELECT count(*), sum(product_price), max(event_id) FROM raw.event_stream"))
        self.assertEqual(sums[0], sums[1])
        self.assertNotEqual(sums[0], sums[2])


if __name__ == "__main__":
    shop.main()
