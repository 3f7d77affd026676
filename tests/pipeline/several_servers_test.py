"""Servers of one database: one that has nothing but the address and the reader's password answers as one that has the publisher's folder."""
import json
import os
import random
import shutil
import signal
import threading
import time

import shop
from postgres_shop import Machine, PostgresShopTest


class SeveralServers(PostgresShopTest):
    def publisher(self):
        """The machine that publishes and loads."""
        (self.data / "aisle.toml").write_text(
            f'[postgres]\nurl = "{self.facts["url"]}"\nadmin_password_file = "{self.facts["password_file"]}"\n[serve]\nstore = "postgres"\n')
        self.addCleanup(shop.run, "store", "drop", "--yes", "--cascade", data=self.data)
        self.must("store", "create")

    def elsewhere(self, name="elsewhere", url=None):
        """A machine that knows the address and the reader's password."""
        data = self.folder / name
        data.mkdir(exist_ok=True)
        password = data / "reader.password"
        password.write_text((self.data / "postgres/aisle_reader.password").read_text())
        password.chmod(0o600)
        (data / "aisle.toml").write_text(
            f'[postgres]\nurl = "{url or self.facts["url"]}"\nreader_password_file = "{password}"\n[serve]\nstore = "postgres"\n')
        return Machine(data)

    def store(self, *arguments):
        return json.loads(self.must("store", *arguments, "--json"))

    def said(self, answer):
        """An answer without what differs from request to request."""
        self.assertEqual(answer["timings"]["backend"], "postgres")
        return {key: value for key, value in answer.items() if key not in ("timings", "request_id")}

    def compare(self, here, there, customers, queries):
        for customer in customers:
            for query in queries:
                ask = f"customer_id={customer}&dry_run=true&{query}"
                one, other = self.said(self.answer(here, ask)), self.said(self.answer(there, ask))
                self.assertEqual(one, other, ask)
            one, other = here.get(f"/customers/{customer}"), there.get(f"/customers/{customer}")
            self.assertEqual((one[0], one[2] | {"request_id": ""}), (other[0], other[2] | {"request_id": ""}))
        for path in ("/recommend?customer_id=999999999&strict=true", "/customers/nobody"):
            self.assertEqual(here.get(path)[0], there.get(path)[0])

    def test_answers_are_the_same_to_the_bit(self):
        self.copy_shop()
        self.publisher()
        self.assertGreater(self.store("load")["generation"], 0)
        status = self.store("status", "--verify")
        self.assertEqual((status["problems"], status["files"]["count"] >= 2), ([], True))
        self.assertIn("servers elsewhere fetch it", self.must("store", "status"))
        other = self.elsewhere()
        with self.serving() as here, other.serving() as there:
            customers = [1000000 + i for i in range(0, int(shop.CUSTOMERS), 11)] + [5]
            self.compare(here, there, customers, ["zip_code=10001&top_n=20&why=true", "zip_code=90001&top_n=100", "top_n=3"])
            body = {"data": [[i, {"customer_id": customer, "zip_code": "60601"}] for i, customer in enumerate(customers)]}
            one, two = (server.post("/recommend", body)[2]["data"] for server in (here, there))
            self.assertEqual([self.said(row[1]) | {"request_id": ""} for row in one], [self.said(row[1]) | {"request_id": ""} for row in two])
        self.assertIn("was fetched from Postgres", other.server_said)
        self.assertIn("No embedded store", other.server_said)
        self.assertFalse((other.data / "serving/generation-1/data").exists())
        self.assertTrue(other.status()["generation"]["fetched"])
        self.assertIn("fetched from Postgres, where its customers are", other.status_text())
        code, out, err = shop.run("recommend", "1000007", "--json", data=other.data)
        self.assertEqual(json.loads(out)["degraded"][0], {"what": "features", "why": "unavailable"})
        self.assertIn("ask the server", err)
        code, _, err = shop.run("store", "sync", data=other.data)
        self.assertNotEqual(code, 0)
        self.assertIn("was fetched from Postgres", err)

    def test_answers_are_the_same_where_ids_are_texts(self):
        files = self.folder / "files"
        shutil.copytree(shop.ROOT / "config/mappings/maple_market", files)
        as_of = ("--as-of", "2025-07-22")
        self.must("import", str(files / "mapping.toml"))
        self.must("refresh", *as_of)
        for model in ("propensity", "ranking"):
            self.must("train", self.small_recipe(model), *as_of)
        self.must("score", *as_of)
        self.must("publish", *as_of)
        self.publisher()
        self.store("load")
        other = self.elsewhere()
        with self.serving() as here, other.serving() as there:
            answer = self.answer(there, "customer_id=C001&top_n=5&dry_run=true")
            self.assertEqual((answer["degraded"], answer["recommendations"][0]["source"]), ([], "model"))
            self.compare(here, there, [f"C{i:03}" for i in range(1, 40)], ["zip_code=K1A0B1&top_n=20&why=true", "top_n=5"])
            self.assertEqual(there.get("/customers/C001")[2]["customer_id"], "C001")
            self.assertEqual(there.get("/customers/nobody")[0], 404)

    def test_a_token_holds_at_every_server_and_ends_at_every_server(self):
        self.copy_shop()
        self.publisher()
        self.must("store", "load")
        other = self.elsewhere()
        with self.serving() as here, other.serving() as there:
            ask = lambda server, token: server.ask("GET", "/recommend?customer_id=1000000&dry_run=true", None,
                                                   {"Authorization": f"Bearer {token}"} if token else {})[0]
            both = lambda token, status: [ask(here, token), ask(there, token)] == [status, status]
            shop.wait_until(lambda: both(None, 200), "both are open", 30)
            token = self.must("tokens", "create", "--role", "reader").strip()
            shop.wait_until(lambda: both(None, 401), "both are closed", 30)
            self.assertTrue(both(token, 200))
            self.assertIn("password", other.fails(5, "tokens", "create", "--role", "admin"))
            self.must("tokens", "revoke", token.split("_")[1])
            shop.wait_until(lambda: both(token, 401), "it is revoked at both", 30)
        # What it knew is there for a start without Postgres, for its owner alone.
        remembered = other.data / "access" / "remembered.json"
        self.assertEqual(remembered.stat().st_mode & 0o777, 0o600)
        self.assertNotIn(token.split("_")[2], remembered.read_text())
        self.assertIn("revoke", self.must("tokens", "log"))

    def test_a_new_generation_is_taken_without_a_restart_and_no_request_fails(self):
        self.copy_shop()
        self.publisher()
        self.store("load")
        other = self.elsewhere()
        seen, stop = [], threading.Event()
        with other.serving() as there:
            def ask():
                while not stop.is_set():
                    status, _, answer = there.get("/recommend?customer_id=1000007&zip_code=10001&dry_run=true")
                    seen.append((status, answer.get("generation"), bool(answer.get("degraded"))))
            thread = threading.Thread(target=ask)
            thread.start()
            try:
                for bring in ("sync", "load", "sync"):
                    before = there.get("/health")[2]["generation"]
                    self.must("publish")
                    self.store(bring)
                    shop.wait_until(lambda before=before: there.get("/health")[2]["generation"] == before + 1, "it is taken")
                    shop.wait_until(lambda: self.answer(there, "customer_id=1000007&dry_run=true")["degraded"] == [], "from the tables")
                self.must("publish", "--rollback")
                self.store("sync")
                shop.wait_until(lambda: there.get("/health")[2]["generation"] == 3, "it follows back as well")
                shop.wait_until(lambda: self.answer(there, "customer_id=1000007&dry_run=true")["degraded"] == [], "from the tables")
            finally:
                stop.set()
                thread.join()
        self.assertNotIn("'embedded' is left out", other.server_said)
        self.assertIn(", which was opened ahead", other.server_said)
        self.assertEqual({status for status, *_ in seen}, {200})
        self.assertEqual({generation for _, generation, *_ in seen}, {1, 2, 3, 4})
        poorer = sum(degraded for _, _, degraded in seen)
        print(f"\n{len(seen)} answers over four changes, {poorer} of them without the customer's features", flush=True)

    def test_one_that_starts_first_waits_and_says_for_what(self):
        self.copy_shop()
        self.publisher()
        other = self.elsewhere()
        with other.serving() as there:
            self.assertEqual(there.get("/livez")[0], 200)
            self.assertEqual(there.get("/readyz")[0], 503)
            self.store("load")
            shop.wait_until(lambda: there.get("/readyz")[0] == 200, "it is ready")
            self.assertEqual(self.answer(there)["degraded"], [])
        self.assertIn("Not ready - waits for a generation: nothing was loaded into Postgres yet", other.server_said)
        # And where there is no Postgres: with nothing, and with what it has.
        away = "postgresql://127.0.0.1:1/postgres"
        empty = self.elsewhere("empty", away)
        with empty.serving() as there:
            self.assertEqual((there.get("/livez")[0], there.get("/readyz")[0]), (200, 503))
        self.assertIn("Postgres does not say which generation it holds", empty.server_said)
        with self.elsewhere(url=away).serving() as there:
            answer = self.answer(there)
            self.assertEqual(answer["degraded"][0]["what"], "features")
            self.assertEqual(len(answer["recommendations"]), 5)

    def test_a_killed_fetch_leaves_nothing_that_matters(self):
        self.copy_shop()
        self.publisher()
        self.store("load")
        other = self.elsewhere()
        serving = other.data / "serving"
        moments = random.Random(3)
        left = 0
        for tries in range(60):
            process = shop.start("serve", "--listen", "127.0.0.1:0", data=other.data)
            end = time.monotonic() + shop.PATIENCE
            while time.monotonic() < end and process.poll() is None:
                names = os.listdir(serving) if serving.exists() else []
                if "CURRENT" in names or any(name.startswith(".staging-") for name in names):
                    break
            time.sleep(moments.uniform(0, 0.004))
            process.send_signal(signal.SIGKILL)
            process.communicate()
            left += any(name.startswith(".staging-") for name in os.listdir(serving))
            for path in serving.iterdir():
                if path.name == "CURRENT":
                    path.unlink()
                elif path.name.startswith("generation-"):
                    shutil.rmtree(path)
            if tries >= 11 and left >= 3:
                break
        self.assertGreaterEqual(left, 3, "kills came while files were written")
        with other.serving() as there:
            shop.wait_until(lambda: there.get("/readyz")[0] == 200, "it is ready")
            self.assertEqual(self.answer(there)["degraded"], [])
        print(f"\n{left} of {tries + 1} kills came while files were written", flush=True)
        self.assertEqual(sorted(path.name for path in (other.data / "serving").iterdir() if path.name != "writer.lock"), ["CURRENT", "generation-1"])

    def test_damaged_bytes_are_refused_in_words_and_the_old_generation_serves(self):
        self.copy_shop()
        self.publisher()
        self.store("load")
        other = self.elsewhere()
        with other.serving() as there:
            self.must("publish")
            # Every part that is put in is damaged on its way.
            self.ask("""CREATE FUNCTION public.damage() RETURNS trigger LANGUAGE plpgsql AS
                        'BEGIN NEW.bytes := set_byte(NEW.bytes, 9, get_byte(NEW.bytes, 9) # 1); RETURN NEW; END';
                        CREATE TRIGGER damage BEFORE INSERT ON aisle.generation_files FOR EACH ROW WHEN (NEW.name = 'shelf.bin')
                        EXECUTE FUNCTION public.damage()""")
            self.addCleanup(self.ask, "DROP FUNCTION IF EXISTS public.damage() CASCADE")
            self.store("sync")
            shop.wait_until(lambda: self.answer(there)["degraded"], "the tables hold the new one")
            self.assertEqual(there.get("/health")[2]["generation"], 1)
            code, out, _ = shop.run("store", "status", "--verify", data=self.data)
            self.assertEqual(code, 6)
            self.assertIn("PROBLEM    generation_files: generation 2 is damaged: shelf.bin", out)
            self.ask("DROP FUNCTION public.damage() CASCADE")
            self.store("load")
            shop.wait_until(lambda: there.get("/health")[2]["generation"] == 2, "the load mends it")
            shop.wait_until(lambda: self.answer(there)["degraded"] == [], "and all is well")
        self.assertIn("generation 2 cannot be fetched from Postgres: generation 2 is damaged: shelf.bin has checksum", other.server_said)

    def test_a_publishers_folder_that_was_made_anew_is_followed_although_its_numbers_begin_again(self):
        self.copy_shop()
        self.publisher()
        self.store("load")
        with self.elsewhere().serving() as there:
            first = there.get("/health")[2]
            shutil.rmtree(self.data / "serving")
            self.must("publish", "--as-of", "2026-11-19")
            self.store("load")
            shop.wait_until(lambda: there.get("/health")[2]["created"] != first["created"], "the new one is taken")
            self.assertEqual(there.get("/health")[2]["generation"], first["generation"])
            shop.wait_until(lambda: self.answer(there)["degraded"] == [], "from the tables")

    def test_what_is_written_to_it_is_laid_over_what_it_fetched(self):
        self.copy_shop()
        self.publisher()
        self.store("load")
        ask = "customer_id=1000007&zip_code=10001&top_n=5&dry_run=true"
        with self.elsewhere().serving() as there:
            best = self.answer(there, ask)["recommendations"][0]["product_id"]
            body = json.dumps({"product_id": best, "region": "Northeast", "qty_on_hand": 0})
            status, _, done = there.ask("PUT", "/v1/inventory", body, {"Content-Type": "application/json"})
            self.assertEqual(status, 200, done)
            self.assertNotIn(best, [item["product_id"] for item in self.answer(there, ask)["recommendations"]])
            self.must("publish")
            self.store("sync")
            shop.wait_until(lambda: there.get("/health")[2]["generation"] == 2, "another generation is fetched")
            self.assertNotIn(best, [item["product_id"] for item in self.answer(there, ask)["recommendations"]])


if __name__ == "__main__":
    shop.main()
