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
