"""What changes between two generations, from the log of changes to the one that is published: stock out of files while
no server runs, a pass of the worker, what a newer file says, a log that is damaged."""
import datetime
import json
import re
import shutil

import shop

# When everything of the test has happened: the end of the shop's own data is long past.
LATER = (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=2)).strftime("%Y-%m-%d %H:00:00")


class Changes(shop.ShopTest):
    def setUp(self):
        super().setUp()
        shutil.copytree(shop.ROOT / "config" / "mappings" / "corner_shop", self.folder / "shop")
        self.mapping = self.folder / "shop" / "mapping.toml"
        self.must("import", str(self.mapping))
        self.must("worker", "--as-of", LATER)

    def say(self, pieces):
        """What the shop's files say of stock from now on, as SQL."""
        text = self.mapping.read_text()
        self.mapping.write_text(re.sub(r"'WH-' \|\| region AS warehouse_name, .* AS qty_on_hand",
                                       f"'WH-' || region AS warehouse_name, {pieces} AS qty_on_hand", text))

    def feed(self):
        return json.loads(self.must("import", "--only", "inventory", "--json", str(self.mapping)))

    def rows(self, query):
        return [list(json.loads(line).values()) for line in self.must("sql", "--json", query).splitlines()]

    def manifest(self):
        serving = self.data / "serving"
        number = (serving / "CURRENT").read_text().strip()
        return json.loads((serving / f"generation-{number}" / "manifest.json").read_text())

    def stock(self):
        return self.rows("SELECT product_id, region, qty_on_hand FROM raw.inventory_history WHERE valid_to IS NULL ORDER BY ALL")

    def test_stock_of_a_file_reaches_the_tables_and_the_next_generation_knows_of_it(self):
        before = self.manifest()
        self.assertEqual((before["changes_log"], before["changes_until"], before["inventory_rows"]), ("", 0, 15))
        self.assertEqual(self.feed()["changed"], 0, "as it is there already")
        self.say("CASE WHEN sku = 'soap' AND region = 'West' THEN 0 WHEN sku = 'bread' THEN -1 ELSE 100 END")
        done = self.feed()
        self.assertEqual((done["changed"], done["refused"], done["tables"][0]["rejected"]), (1, 0, 5))
        self.assertEqual(self.feed()["changed"], 0)
        self.assertEqual(self.stock(), [[3, "West", 0]])
        status = self.status()
        self.assertEqual((status["changes"]["logged"], status["changes"]["waiting"]), (1, 0))
        passed = json.loads(self.must("worker", "--json", "--as-of", LATER))
        self.assertEqual(passed["changes"], 0, "the import took it in itself")
        after = self.manifest()
        self.assertEqual(after["changes_until"], 1)
        self.assertEqual(after["changes_log"], (self.data / "changes" / "id").read_text().strip())
        self.assertEqual(after["inventory_rows"], 14)
        # As of a moment before it the stock is what it was, and whoever serves it lays the change over it again.
        self.must("worker", "--as-of", "2025-07-11")
        self.assertEqual((self.manifest()["inventory_rows"], self.manifest()["changes_until"]), (15, 1))

    def test_a_whole_import_is_newer_than_the_changes_before_it(self):
        self.say("0")
        self.assertEqual(self.feed()["changed"], 15)
        self.say("50")
        self.must("import", str(self.mapping))
        self.assertEqual(self.rows("SELECT DISTINCT qty_on_hand FROM raw.inventory_history WHERE valid_to IS NULL"), [[50]])
        self.must("worker", "--as-of", LATER)
        # What the file said instead is a change too: the older one must not be laid over it.
        self.assertEqual((self.manifest()["inventory_rows"], self.manifest()["changes_until"]), (15, 30))

    def test_a_whole_import_is_served_at_once_where_an_older_write_stood(self):
        with self.serving() as server:
            customer = server.get("/health")[2]["example_customer_id"]
            ask = f"customer_id={customer}&top_n=100&dry_run=true"
            before = self.answer(server, ask)
            product = before["recommendations"][0]["product_id"]
            item = {"product_id": product, "region": before["region"], "qty_on_hand": 0}
            status, _, said = server.ask("PUT", "/v1/inventory", json.dumps(item), {"Content-Type": "application/json"})
            self.assertEqual(status, 200, said)
            shown = lambda: {i["product_id"]: i["in_stock_qty"] for i in self.answer(server, ask)["recommendations"]}
            self.assertNotIn(product, shown())
            self.say("90")
            self.must("import", str(self.mapping))
            self.assertEqual(shown().get(product), 90)
            # The shop's data end before both, so no generation knows of either.
            self.must("publish")
            shop.wait_until(lambda: server.get("/health")[2]["generation"] > before["generation"], "the new generation is served")
            self.assertEqual(shown().get(product), 90)

    def test_stock_out_of_files_before_the_first_server_is_served_by_it(self):
        self.say("CASE WHEN sku = 'soap' THEN 0 ELSE 100 END")
        first = self.feed()["changed"]
        self.say("CASE WHEN sku = 'soap' THEN 0 WHEN sku = 'bread' THEN 7 ELSE 100 END")
        second = self.feed()["changed"]
        self.assertEqual((first > 0, second > 0), (True, True))
        self.must("publish", "--as-of", "2025-07-11")
        with self.serving() as server:
            self.assertEqual(server.get("/health")[2]["changes"]["kept"], first + second)

    def test_a_damaged_log_of_changes_is_said_and_the_pass_goes_on(self):
        self.say("7")
        self.feed()
        log = self.data / "changes" / "data.mdb"
        log.write_bytes(b"\xff" * 8192 + log.read_bytes()[8192:])
        status = self.status()
        self.assertEqual(status["unread"], ["changes"])
        self.assertIn("damaged", status["problems"][0])
        code, _, err = shop.run("worker", data=self.data)
        self.assertEqual(code, 0, err)
        self.assertIn("changes are not taken in", err)

    def test_clean_removes_the_log_too(self):
        self.say("7")
        self.feed()
        self.assertTrue((self.data / "changes").exists())
        self.must("clean", "--yes")
        self.assertFalse((self.data / "changes").exists())


class WhileServing(shop.ShopTest):
    """What is written to a server holds, whatever is published, whoever is killed."""

    ASK = "customer_id=1000000&zip_code=10001&top_n=100&dry_run=true"

    def setUp(self):
        super().setUp()
        self.copy_shop()

    def put(self, server, path, value):
        status, _, said = server.ask("PUT", path, json.dumps(value), {"Content-Type": "application/json"})
        self.assertEqual((status, said), (200, {"updated": 1}))

    def shown(self, server):
        return {item["product_id"]: item for item in self.answer(server, self.ASK)["recommendations"]}

    def kill(self, server):
        server.process.kill()
        server.process.wait()

    def test_what_was_acknowledged_outlasts_kills_flips_and_both(self):
        with self.serving() as server:
            before = list(self.shown(server))
            gone, hidden, cheap = before[:3]
            self.put(server, "/v1/inventory", {"product_id": gone, "region": "Northeast", "qty_on_hand": 0})
            self.put(server, f"/v1/products/{hidden}", {"hidden": True})
            self.put(server, f"/v1/products/{cheap}", {"price": 0.99})

            def holds(server, when):
                shown = self.shown(server)
                self.assertNotIn(gone, shown, when)
                self.assertNotIn(hidden, shown, when)
                self.assertEqual(shown[cheap]["price"] if cheap in shown else 0.99, 0.99, when)
                return len(shown)

            self.assertGreater(holds(server, "at once"), 10)
            self.kill(server)
        with self.serving() as server:
            holds(server, "killed and started again")
            # A generation made of the tables of before: the shop's own data end before the change.
            self.must("publish")
            shop.wait_until(lambda: server.get("/health")[2]["generation"] == 2, "the new generation is served")
            holds(server, "flipped")
            self.kill(server)
        # A pass while nobody serves takes the changes in; as of the end of the shop's data they had not happened.
        self.must("worker")
        with self.serving() as server:
            holds(server, "killed, and flipped meanwhile")
            self.assertGreaterEqual(server.get("/health")[2]["generation"], 3)
        told = json.loads(self.must("recommend", "1000000", "--zip-code", "10001", "--top-n", "100", "--json"))
        self.assertNotIn(gone, [item["product_id"] for item in told["recommendations"]], "the command line knows it too")

    def test_a_generation_that_knows_the_changes_needs_them_no_more(self):
        with self.serving() as server:
            gone = list(self.shown(server))[0]
            self.put(server, "/v1/inventory", {"product_id": gone, "region": "Northeast", "qty_on_hand": 0})
            self.assertEqual(server.get("/health")[2]["changes"], {"taken": 1, "kept": 1})
            # Twice: the one to go back to has to know it as well.
            for generation in (2, 3):
                self.must("worker", "--as-of", LATER)
                shop.wait_until(lambda: server.get("/health")[2]["generation"] == generation, "the generation is served")
            self.assertNotIn(gone, self.shown(server))
            shop.wait_until(lambda: server.get("/health")[2]["changes"]["kept"] == 0 or self.must("worker", "--as-of", LATER) is None,
                            "nobody needs the change any more")
            self.assertNotIn(gone, self.shown(server))


if __name__ == "__main__":
    shop.main()
