"""Several servers on one Postgres: what one takes in none shows wrongly, and the worker finds changes and impressions there."""
import contextlib
import json
import re
import shutil
import signal

import shop
from postgres_shop import PostgresShopTest

ASK = "customer_id=1000000&zip_code=10001&top_n=20&dry_run=true"


class SharedChanges(PostgresShopTest):
    def setUp(self):
        super().setUp()
        self.copy_shop()
        (self.data / "aisle.toml").write_text(
            f'[postgres]\nurl = "{self.facts["url"]}"\nadmin_password_file = "{self.facts["password_file"]}"\n'
            '[serve]\nstore = "postgres"\n')
        self.addCleanup(shop.run, "store", "drop", "--yes", "--cascade", data=self.data)
        self.must("store", "create")
        self.must("store", "load")

    @contextlib.contextmanager
    def two_servers(self):
        """One of the shop's own directory, one of a copy, as another machine would have it."""
        other = self.folder / "other"
        shutil.copytree(self.data, other, ignore=shutil.ignore_patterns("run", "warehouse.duckdb*"), dirs_exist_ok=True)
        processes = [shop.start("serve", "--listen", "127.0.0.1:0", data=data) for data in (self.data, other)]
        try:
            yield [shop.Server(data, process) for data, process in zip((self.data, other), processes)]
        finally:
            for process in processes:
                if process.poll() is None:
                    process.send_signal(signal.SIGTERM)
                process.communicate(timeout=shop.PATIENCE)

    def shown(self, server):
        answer = self.answer(server, ASK)
        self.assertEqual((answer["timings"]["backend"], answer["degraded"]), ("postgres", []))
        return [item["product_id"] for item in answer["recommendations"]]

    def shown_to_nobody(self, server):
        answer = self.answer(server, ASK.replace("1000000", "77"))
        self.assertEqual(answer["degraded"], [{"what": "customer", "why": "unknown"}])
        return [item["product_id"] for item in answer["recommendations"]]

    def put(self, server, path, value):
        status, _, said = server.ask("PUT", path, json.dumps(value), {"Content-Type": "application/json"})
        self.assertEqual(status, 200, said)

    def sell_out(self, server, product, quantity=0):
        self.put(server, "/v1/inventory", {"product_id": product, "region": "Northeast", "qty_on_hand": quantity, "est_delivery_days": 2})

    def test_no_server_shows_what_another_has_sold_out(self):
        with self.two_servers() as servers:
            for turn in range(60):
                takes, asks = servers[turn % 2], servers[(turn + 1) % 2]
                product = self.shown(asks)[0]
                self.sell_out(takes, product)
                # Not "soon": an answer that begins after the acknowledgement knows it, whoever gives it.
                self.assertNotIn(product, self.shown(asks))
                self.assertNotIn(product, self.shown(takes))
                # Also to somebody whom no store knows.
                product = self.shown_to_nobody(asks)[0]
                self.sell_out(takes, product)
                self.assertNotIn(product, self.shown_to_nobody(asks))
            hidden = self.shown(servers[0])[0]
            self.put(servers[1], f"/v1/products/{hidden}", {"hidden": True, "price": 12.5})
            self.assertNotIn(hidden, self.shown(servers[0]))
            self.put(servers[0], f"/v1/products/{hidden}", {"hidden": False})
            back = {item["product_id"]: item["price"] for item in
                    self.answer(servers[1], ASK.replace("top_n=20", "top_n=100"))["recommendations"]}
            self.assertIn(back.get(hidden, 12.5), (12.5, "12.50"))
            # Killed, and both started again: it is in the database.
            sold = self.shown(servers[0])[0]
            self.sell_out(servers[0], sold)
            for server in servers:
                server.process.send_signal(signal.SIGKILL)
        with self.two_servers() as servers:
            for server in servers:
                self.assertNotIn(sold, self.shown(server))

    def test_the_worker_takes_in_what_all_of_them_wrote_and_showed(self):
        with self.two_servers() as servers:
            first = self.shown(servers[0])
            self.sell_out(servers[0], first[0])
            self.sell_out(servers[1], first[1])
            ids = [self.answer(server, "customer_id=1000000&zip_code=10001")["request_id"] for server in servers]
            shop.wait_until(lambda: all(server.get("/health")[2]["impressions"]["written"] >= 1 for server in servers), "they are written")
            passed = json.loads(self.must("worker", "--json"))
            self.assertEqual((passed["changes"], passed["impressions"]), (2, 2))
            stock = [json.loads(line) for line in self.must(
                "sql", "--json", "SELECT product_id, qty_on_hand FROM raw.inventory_history WHERE region = 'Northeast' AND valid_to IS NULL "
                f"AND product_id IN ({first[0]}, {first[1]}) ORDER BY product_id").splitlines()]
            self.assertEqual(stock, [{"product_id": product, "qty_on_hand": 0} for product in sorted(first[:2])])
            shown = self.must("sql", "--json", "SELECT request_id FROM raw.impressions")
            for request_id in ids:
                self.assertIn(request_id, shown)
            self.assertEqual(json.loads(self.must("worker", "--json"))["changes"], 0, "each once")
            for product in first[:2]:
                for server in servers:
                    self.assertNotIn(product, self.shown_anyhow(server))
            status = json.loads(self.must("store", "status", "--json"))
            self.assertEqual(status["logs"]["writes"]["last"], 2)
            self.assertEqual(status["logs"]["writes"]["waiting"]["warehouse"], 0)

    def shown_anyhow(self, server):
        return [item["product_id"] for item in self.answer(server, ASK)["recommendations"]]

    def add_record(self, record):
        self.ask(f"SELECT aisle.append_writes('{{stock}}', '{{x}}', ARRAY['{record}'::bytea])")

    def changes_of_a_pass(self):
        return json.loads(self.must("worker", "--json"))["changes"]

    def test_a_record_of_a_newer_program_waits_and_one_of_no_program_holds_up_nobody(self):
        with self.two_servers() as servers:
            first = self.shown(servers[0])
            self.add_record("\\x7eff00")
            self.sell_out(servers[0], first[0])
            self.assertEqual(self.changes_of_a_pass(), 2)
            rejected = json.loads(self.must("sql", "--json", "SELECT line, row_text FROM raw.rejects WHERE source = 'log of changes'"))
            self.assertEqual(rejected, {"line": 1, "row_text": "\\x7eff00"})
            self.assertNotIn("changes wait", shop.run("status", data=self.data)[1])
            # The next format: it may be a newer server's, and what comes after it must not be undone by a generation.
            self.add_record("\\x03")
            self.sell_out(servers[1], first[1])
            self.assertEqual(self.changes_of_a_pass(), 0)
            code, said, _ = shop.run("status", data=self.data)
            self.assertEqual(code, 6)
            self.assertIn("changes wait: log of changes: record 3: record: format 3 is newer", said)
            newest = self.manifest()["generation"]
            shop.wait_until(lambda: servers[0].get("/health")[2]["generation"] == newest, "it is served")
            for server in servers:
                self.assertNotIn(first[1], self.shown_anyhow(server))
            self.ask("DELETE FROM aisle.writes WHERE position = 3")
            self.assertEqual(self.changes_of_a_pass(), 1)
            self.assertNotIn("changes wait", shop.run("status", data=self.data)[1])

    def manifest(self):
        serving = self.data / "serving"
        number = (serving / "CURRENT").read_text().strip()
        return json.loads((serving / f"generation-{number}" / "manifest.json").read_text())

    def changes_log(self):
        return self.manifest()["changes_log"]

    def test_generations_name_the_log_of_the_store_beside_an_old_one_of_the_directory(self):
        settings = (self.data / "aisle.toml").read_text()
        (self.data / "aisle.toml").write_text("")
        process = shop.start("serve", "--listen", "127.0.0.1:0", data=self.data)
        self.sell_out(shop.Server(self.data, process), 1)
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=shop.PATIENCE)
        self.assertEqual(self.changes_of_a_pass(), 1)
        self.assertEqual(self.changes_log(), (self.data / "changes" / "id").read_text().strip())
        (self.data / "aisle.toml").write_text(settings)
        self.must("store", "sync")
        with self.two_servers() as servers:
            self.sell_out(servers[0], self.shown(servers[0])[0])
        self.assertEqual(self.changes_of_a_pass(), 1)
        shared = self.ask("SELECT log_id FROM aisle.writes_position")
        self.assertEqual(self.changes_log(), shared)
        # Away for a pass.
        (self.data / "aisle.toml").write_text(settings.replace(f":{self.facts['port']}/", ":1/"))
        self.assertEqual(self.changes_of_a_pass(), 0)
        self.assertEqual(self.changes_log(), shared)
        (self.data / "aisle.toml").write_text(settings)
        self.assertEqual(self.changes_of_a_pass(), 0)

    def test_stock_of_a_file_goes_to_the_servers_log_without_a_server_here(self):
        corner = self.folder / "corner"
        corner.mkdir()
        shutil.copy(self.data / "aisle.toml", corner)
        shutil.copytree(self.data / "postgres", corner / "postgres")
        shutil.copytree(shop.ROOT / "config" / "mappings" / "corner_shop", self.folder / "shop")
        mapping = self.folder / "shop" / "mapping.toml"

        def imported(*more):
            code, out, err = shop.run("import", *more, "--json", str(mapping), data=corner)
            self.assertEqual(code, 0, err)
            return json.loads(out)

        def written():
            return json.loads(self.must("store", "status", "--json"))["logs"]["writes"]

        imported()
        self.assertEqual(written()["last"], 0)
        text = mapping.read_text()
        mapping.write_text(re.sub(r"AS warehouse_name, .* AS qty_on_hand", "AS warehouse_name, 50 AS qty_on_hand", text))
        done = imported("--only", "inventory")
        self.assertGreater(done["changed"], 0)
        self.assertEqual((written()["last"], written()["waiting"]["warehouse"]), (done["changed"], 0), "and it took them in itself")
        # A whole import is newer than the changes before it, also for servers.
        mapping.write_text(re.sub(r"AS warehouse_name, .* AS qty_on_hand", "AS warehouse_name, 60 AS qty_on_hand", text))
        imported()
        self.assertEqual(written()["last"], 2 * done["changed"])


if __name__ == "__main__":
    shop.main()
