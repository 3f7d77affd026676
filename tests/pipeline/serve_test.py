"""What a server answers, and what it survives."""
import fcntl
import json
import os
import signal
import socket
import subprocess
import time

import shop

ANSWER_FIELDS = {"customer_id": int, "zip_code": str, "region": str, "recommendations": list, "timings": dict,
                 "request_id": str, "model": dict, "generation": int, "degraded": list}
ITEM_FIELDS = {"rank": int, "product_id": int, "product_name": str, "category": str, "department": str, "price": float,
               "score": float, "in_stock_qty": int, "est_delivery_days": int}
TIMING_FIELDS = {"features_ms": float, "propensity_ms": float, "inventory_ms": float, "candidates": int,
                 "pair_features_ms": float, "model_ms": float, "model_ok": bool, "total_ms": float, "backend": str}


class Serve(shop.ShopTest):
    def setUp(self):
        super().setUp()
        self.copy_shop()

    def check_fields(self, value, fields):
        for name, kind in fields.items():
            self.assertIn(name, value)
            # A float that happens to be whole may be written without a point.
            self.assertIsInstance(value[name], (float, int) if kind is float else kind, name)

    def stock(self):
        out = self.must("sql", "--json", "SELECT product_id, qty_on_hand, est_delivery_days FROM raw.inventory "
                        "WHERE region = 'Northeast' AND qty_on_hand > 0")
        return {row["product_id"]: row for row in map(json.loads, out.splitlines())}

    def test_the_answer_has_every_field_and_only_products_in_stock(self):
        stock = self.stock()
        with self.serving() as server:
            answer = self.answer(server)
            page = server.get("/")
            health = server.get("/health")
            ready = server.get("/readyz")
        self.check_fields(answer, ANSWER_FIELDS)
        self.assertEqual((answer["customer_id"], answer["zip_code"], answer["region"]), (1000000, "10001", "Northeast"))
        self.assertEqual(answer["degraded"], [])
        self.assertEqual(answer["model"], {"ranking": 1, "propensity": 1})
        timings = answer["timings"]
        self.check_fields(timings, TIMING_FIELDS)
        self.assertEqual(timings["backend"], "embedded")
        self.assertTrue(timings["model_ok"])
        self.assertEqual(timings["candidates"], len(stock))
        parts = [value for name, value in timings.items() if name.endswith("_ms") and name != "total_ms"]
        self.assertGreaterEqual(timings["total_ms"], max(parts))
        items = answer["recommendations"]
        self.assertEqual([item["rank"] for item in items], [1, 2, 3, 4, 5])
        self.assertEqual(len({item["product_id"] for item in items}), 5)
        for item in items:
            self.check_fields(item, ITEM_FIELDS)
            self.assertIn(item["product_id"], stock)
            self.assertEqual(item["in_stock_qty"], stock[item["product_id"]]["qty_on_hand"])
            self.assertEqual(item["est_delivery_days"], stock[item["product_id"]]["est_delivery_days"])
            self.assertTrue(0 < item["score"] < 1)
        self.assertEqual([item["score"] for item in items], sorted((item["score"] for item in items), reverse=True))
        self.assertEqual(page[0], 200)
        self.assertIn("text/html", page[1]["Content-Type"])
        self.assertEqual((health[0], health[2]["status"]), (200, "ok"))
        self.assertEqual(ready[0], 200)
        self.assertIn(f"Embedded store: {shop.CUSTOMERS} features, {int(shop.CUSTOMERS) * 12} propensity, ",
                      self.server_said)
        self.assertIn("Ready - ", self.server_said)
        self.assertIn("ranking 1, propensity 1, generation 1, backend=embedded", self.server_said)

    def test_the_command_line_gives_the_answer_of_the_server(self):
        with self.serving() as server:
            served = self.answer(server, "customer_id=1000007&top_n=20")
        local = json.loads(self.must("recommend", "1000007", "--top-n", "20", "--json"))
        ids = lambda answer: [item["product_id"] for item in answer["recommendations"]]
        self.assertEqual(ids(local), ids(served))
        self.assertEqual(local["region"], served["region"])

    def test_bad_inputs_name_the_field_and_leave_the_server_well(self):
        bad = {"customer_id=1000000&top_n=0": "top_n", "customer_id=1000000&top_n=-1": "top_n",
               "customer_id=1000000&top_n=101": "top_n", "customer_id=1000000&top_n=five": "top_n",
               "top_n=5": "customer_id", "customer_id=-1": "customer_id", "customer_id=1.5": "customer_id",
               "customer_id=9223372036854775808": "customer_id", "customer_id=1000000&zip_code=1234": "zip_code",
               "customer_id=1000000&zip_code=1000a": "zip_code", "customer_id=1000000&zip=10001": "zip"}
        with self.serving() as server:
            for query, field in bad.items():
                status, headers, problem = server.get(f"/recommend?{query}")
                self.assertEqual((status, problem["field"]), (400, field), query)
                self.assertIn("application/problem+json", headers["Content-Type"])
            status, _, problem = server.post("/recommend", {"customer_id": 1000000, "colour": "red"})
            self.assertEqual((status, problem["field"]), (400, "colour"))
            self.assertEqual(server.ask("POST", "/recommend", "{", {"Content-Type": "application/json"})[0], 400)
            self.assertEqual(server.ask("POST", "/recommend", "{}", {"Content-Type": "text/plain"})[0], 415)
            self.assertEqual(server.announce("/recommend", 64 << 20), 413)
            status, headers, _ = server.ask("DELETE", "/recommend")
            self.assertEqual(status, 405)
            self.assertIn("GET", headers["Allow"])
            unknown = self.answer(server, "customer_id=77&zip_code=10001")
            self.assertIn({"what": "customer", "why": "unknown"}, unknown["degraded"])
            self.assertEqual(len(unknown["recommendations"]), 5)
            self.assertEqual(server.get("/recommend?customer_id=77&strict=true")[0], 404)
            rows = server.post("/recommend", {"data": [[0, {"customer_id": 1000000}], [1, {"customer_id": -4}],
                                                       [2, {"customer_id": 1000001, "top_n": 3}]]})[2]["data"]
            self.assertEqual([row[0] for row in rows], [0, 1, 2])
            self.assertEqual(rows[1][1]["field"], "customer_id")
            self.assertEqual(len(rows[2][1]["recommendations"]), 3)
            self.assertEqual(len(self.answer(server)["recommendations"]), 5)
        self.assertEqual(self.server_code, 0)

    def test_answers_go_on_while_the_warehouse_is_held_or_gone(self):
        with self.serving() as server:
            before = self.answer(server)["recommendations"]
            # Held, the way the database itself holds its file; this process is the holder that is named.
            with (self.data / "warehouse.duckdb").open("r+b") as file:
                fcntl.lockf(file, fcntl.LOCK_EX)
                self.assertEqual(self.answer(server)["recommendations"], before)
                self.assertIn(str(os.getpid()), self.fails(4, "worker"))
                self.assertIn(str(os.getpid()), self.fails(4, "sql", "SELECT 1"))
            warehouse = self.data / "warehouse.duckdb"
            warehouse.write_bytes(b"no database" * 1000)
            self.assertEqual(self.answer(server)["recommendations"], before)
            self.fails(1, "worker")
            warehouse.unlink()
            self.assertEqual(self.answer(server)["recommendations"], before)
            self.fails(5, "worker")
            self.assertEqual(self.answer(server)["generation"], 1)

    def test_a_new_generation_is_served_without_a_restart(self):
        with self.serving() as server:
            self.assertEqual(self.answer(server)["generation"], 1)
            self.must("publish")
            shop.wait_until(lambda: self.answer(server)["generation"] == 2, "generation 2 is served", 30)

    def test_a_damaged_generation_is_refused_and_the_old_one_stays(self):
        with self.serving() as server:
            before = self.answer(server)["recommendations"]
            self.must("publish")
            shop.wait_until(lambda: self.answer(server)["generation"] == 2, "generation 2 is served", 30)
            shelf = self.data / "serving" / "generation-2" / "shelf.bin"
            broken = self.data / "serving" / "generation-3"
            subprocess.run(["cp", "-r", str(shelf.parent), str(broken)], check=True)
            (broken / "shelf.bin").write_bytes(shelf.read_bytes()[:1000])
            (self.data / "serving" / "CURRENT.new").write_text("3\n")
            os.rename(self.data / "serving" / "CURRENT.new", self.data / "serving" / "CURRENT")
            time.sleep(1.5)  # Longer than the server takes to look.
            answer = self.answer(server)
            self.assertEqual(answer["generation"], 2)
            self.assertEqual(answer["recommendations"], before)
        self.assertIn("generation", self.server_said)

    def test_impressions_reach_the_warehouse_once(self):
        with self.serving() as server:
            asked = {self.answer(server, f"customer_id={1000000 + i}")["request_id"] for i in range(7)}
            shop.wait_until(lambda: self.status()["impressions"]["logged"] >= 7, "the impressions are logged", 30)
            self.must("worker")
            self.must("worker")
        out = self.must("sql", "--json", "SELECT request_id, len(product_ids) AS shown FROM raw.impressions")
        rows = [json.loads(line) for line in out.splitlines()]
        self.assertEqual({row["request_id"] for row in rows}, asked)
        self.assertEqual(len(rows), 7)
        self.assertTrue(all(row["shown"] == 5 for row in rows))
        self.assertEqual(self.status()["impressions"]["waiting"], 0)

    def test_one_server_per_data_directory_and_a_graceful_end(self):
        with self.serving() as server:
            said = self.fails(4, "serve", "--listen", "127.0.0.1:0")
            self.assertIn(str(server.process.pid), said)
            self.assertIn(server.address, said)
            process = self.status()["processes"][0]
            self.assertEqual((process["name"], process["pid"], process["address"]),
                             ("serve", server.process.pid, server.address))
            self.assertIn(str(server.process.pid), self.fails(4, "clean", "--yes"))
        self.assertEqual(self.server_code, 0)
        self.assertEqual(self.status()["processes"], [])

    def test_a_unix_socket_is_served_again_after_a_kill_and_gone_after_an_end(self):
        path = self.folder / "aisle.sock"
        for end in (signal.SIGKILL, signal.SIGTERM):
            process = shop.start("serve", "--listen", f"unix:{path}", data=self.data)
            self.addCleanup(lambda ended=process: ended.poll() is None and ended.kill())
            shop.wait_until(lambda: (shop.process_file(self.data, "serve") or {}).get("pid") == process.pid, "it listens")
            self.assertEqual(path.stat().st_mode & 0o777, 0o600)
            self.assertIn(f"unix:{path}", self.must("status"))
            with socket.socket(socket.AF_UNIX) as client:
                client.connect(str(path))
                client.sendall(b"GET /readyz HTTP/1.0\r\nHost: shop.example\r\n\r\n")
                self.assertTrue(client.recv(1000).startswith(b"HTTP/1.1 200 "))
            process.send_signal(end)
            _, err = process.communicate(timeout=shop.PATIENCE)
            self.assertIn(f"Listening on unix:{path} with", err)
        self.assertEqual(process.returncode, 0, err)
        self.assertFalse(path.exists())

    def test_a_killed_server_leaves_nothing_in_the_way(self):
        with self.serving() as server:
            server.process.kill()
            server.process.wait()
            self.assertEqual(self.status()["processes"], [])
        with self.serving() as server:
            self.answer(server)

    def test_a_server_before_the_first_publication_is_alive_and_not_ready(self):
        self.data = self.folder / "empty"
        self.must("init")
        with self.serving() as server:
            self.assertEqual(server.get("/livez")[0], 200)
            self.assertEqual(server.get("/readyz")[0], 503)
            self.assertEqual(server.get("/recommend?customer_id=1000000")[0], 503)

    def test_a_worker_says_why_it_fails_once_until_that_changes(self):
        self.data = self.folder / "empty"
        process = shop.start("worker", "--every", "1", data=self.data)
        self.addCleanup(lambda: process.poll() is None and process.kill())
        shop.wait_until(lambda: shop.process_file(self.data, "worker"), "the worker runs")
        time.sleep(2.5)
        (self.data / "warehouse.duckdb").write_bytes(b"no database" * 1000)
        time.sleep(2.5)
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=shop.PATIENCE)
        self.assertEqual(process.returncode, 0, err)
        said = [line for line in err.splitlines() if "next pass in" in line]
        self.assertEqual(len(said), 2, err)
        self.assertIn("holds no data yet", said[0])
        self.assertIn("next pass in 1 s", said[0])
        self.assertIn("not a DuckDB database", said[1])

    def test_up_supervises_and_starts_again_what_ended(self):
        process = shop.start("up", "--listen", "127.0.0.1:0", "--every", "1d", data=self.data,
                             AISLE_UP_RESTART_FIRST_MS="50")
        self.addCleanup(lambda: process.poll() is None and process.kill())
        serve = lambda: (shop.process_file(self.data, "serve") or {}).get("pid")
        first = shop.wait_until(serve, "the server runs")
        self.assertEqual(sorted(entry["name"] for entry in self.status()["processes"] if entry["name"] != "worker"),
                         ["serve", "up"])
        os.kill(first, signal.SIGKILL)
        shop.wait_until(lambda: serve() not in (None, first), "the server runs again")
        shop.wait_until(lambda: self.status()["generation"]["generation"] >= 2, "the worker published")
        # Complete before; where a worker runs, its age counts.
        states = {table["table"]: table["state"] for table in self.status()["tables"]}
        self.assertEqual((states["gold.orders"], states["raw.event_stream"]), ("fresh", "complete"))
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=shop.PATIENCE)
        self.assertEqual(process.returncode, 0, err)
        self.assertEqual(self.status()["processes"], [])
        self.assertIn("starts again", err)


if __name__ == "__main__":
    shop.main()
