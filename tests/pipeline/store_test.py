"""`aisle store` from outside: a Postgres of one's own, a published shop in it, what may go wrong, and nothing left at the end."""
import contextlib
import json
import os
import pathlib
import random
import signal
import subprocess
import time
import unittest

import shop
from postgres_shop import PostgresShopTest
from postgres_dev_test import PSQL, processes_in

# The quickstart's columns, and ours beside them.
FEATURES = ["age", "tenure_months", "loyalty_tier_num", "total_orders", "lifetime_spend", "avg_order_value", "days_since_purchase",
            "categories_purchased", "total_browse_events", "total_sessions", "avg_browsed_price", "add_to_cart_count",
            "cart_abandonment_rate", "store_ratio", "engagement_score"]
CONTENT = """SELECT md5(string_agg(t::text, ',' ORDER BY t::text)) FROM
  (SELECT to_jsonb(x) - 'generation' - 'record' FROM aisle.customer_features x UNION ALL SELECT to_jsonb(x) FROM aisle.inventory x
   UNION ALL SELECT to_jsonb(x) FROM aisle.customer_propensity x UNION ALL SELECT to_jsonb(x) FROM aisle.product_catalog x) t"""


class Store(PostgresShopTest):
    def setUp(self):
        super().setUp()
        self.copy_shop()
        (self.data / "aisle.toml").write_text(
            f'[postgres]\nurl = "{self.facts["url"]}"\nadmin_password_file = "{self.facts["password_file"]}"\n')
        self.addCleanup(shop.run, "store", "drop", "--yes", "--cascade", data=self.data)

    def test_a_server_answers_from_it_and_from_the_generation_while_it_is_away(self):
        self.store("create")
        self.store("load")
        ask = "customer_id=1000000&zip_code=10001&top_n=20&dry_run=true"
        with self.serving() as server:
            embedded = self.answer(server, ask)
        with (self.data / "aisle.toml").open("a") as settings:
            settings.write('[serve]\nstore = "postgres"\n')
        with self.serving() as server:
            told = self.answer(server, ask)
            self.assertEqual((told["timings"]["backend"], told["degraded"]), ("postgres", []))
            self.assertEqual(told["recommendations"], embedded["recommendations"], "score bits and all")
            self.ask("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'aisle_reader'")
            shop.wait_until(lambda: self.answer(server, ask)["timings"]["backend"] == "postgres", "it connects again")
            # The tables hold the generation before until they are loaded: the one on this machine answers.
            self.must("publish")
            shop.wait_until(lambda: server.get("/health")[2]["generation"] == 2, "the new generation is served")
            answer = self.answer(server, ask)
            self.assertEqual(answer["timings"]["backend"], "embedded")
            self.assertEqual(answer["degraded"], [{"what": "features", "why": "another generation"}])
            # That is no trouble of anybody: it is asked each time, and nobody has to act.
            for _ in range(12):
                self.assertEqual(self.answer(server, ask)["degraded"][0]["why"], "another generation")
            self.assertNotIn("degraded", server.get("/readyz")[2])
            status = self.status()
            self.assertEqual([problem for problem in status["problems"] if "store" in problem], [])
            self.assertEqual([(store["name"], store["breaker"]) for store in status["processes"][0]["stores"]],
                             [("postgres", "closed"), ("embedded", "closed")])
            self.store("sync")
            self.assertEqual(self.answer(server, ask)["timings"]["backend"], "postgres")
            # Left out while it is away, which `status` says in the words of the error.
            code, out, err = shop.run("store", "dev-down", str(type(self).server), data=self.data)
            self.assertEqual(code, 0, err)
            try:
                shop.wait_until(lambda: self.answer(server, ask)["degraded"] == [{"what": "features", "why": "breaker open"}], "it is left out")
                said = shop.wait_until(lambda: [line for line in self.status_text().splitlines() if "PROBLEM" in line and "store" in line],
                                       "status says so")
                self.assertIn("postgres is left out: ", said[0])
                self.assertIn("Connection refused", said[0])
            finally:
                code, out, err = shop.run("store", "dev-up", str(type(self).server), data=self.data)
            self.assertEqual(code, 0, err)
            shop.wait_until(lambda: self.answer(server, ask)["timings"]["backend"] == "postgres", "it is asked again")
            # A worker does that itself, after each generation.
            passed = json.loads(self.must("worker", "--json"))
            self.assertEqual(passed["store_generation"], passed["generation"])
            shop.wait_until(lambda: (self.answer(server, ask)["generation"], self.answer(server, ask)["degraded"]) == (passed["generation"], []),
                            "the worker's generation is served from the tables")
        self.assertIn(f"Postgres connected: {shop.CUSTOMERS} features, {12 * int(shop.CUSTOMERS)} propensity, ", self.server_said)
        self.assertIn("backend=postgres", self.server_said)
        self.assertIn("serving store 'postgres' answers again, after ", self.server_said)

    def psql_environment(self, user="postgres", **more):
        file = self.facts["password_file"] if user == "postgres" else self.data / "postgres" / f"{user}.password"
        return {**os.environ, "PGHOST": self.facts["host"], "PGPORT": self.facts["port"], "PGDATABASE": self.facts["database"],
                "PGUSER": user, "PGPASSWORD": pathlib.Path(file).read_text().strip(), "PGSSLMODE": "verify-full",
                "PGSSLROOTCERT": self.facts["root_certificate"], **more}

    def ask(self, sql, user="postgres", **more):
        """What psql prints, or what it complains of."""
        done = subprocess.run([PSQL, "-XAtq", "-v", "ON_ERROR_STOP=1", "-c", sql], text=True, capture_output=True,
                              timeout=shop.PATIENCE, env=self.psql_environment(user, **more))
        return done.stdout.strip() if done.returncode == 0 else done.stderr

    def store(self, *arguments):
        return json.loads(self.must("store", *arguments, "--json"))

    def test_one_load_holds_what_was_published(self):
        made = self.store("create")
        roles = ["aisle_owner", "aisle_writer", "aisle_reader"]
        self.assertEqual(made["roles_made"], roles)
        self.assertEqual(made["passwords_made"], [str(self.data / "postgres" / f"{role}.password") for role in roles])
        again = self.store("create")
        self.assertEqual((again["roles_made"], again["passwords_made"]), ([], []))
        # As an operator does who changes one.
        (self.data / "postgres" / "aisle_reader.password").unlink()
        self.assertIn(f"a new password, for whoever runs servers and loads: {self.data}/postgres/aisle_reader.password\n",
                      self.must("store", "create"))
        self.assertIsNone(self.store("status")["loaded"])
        loaded = self.store("load")
        customers = int(shop.CUSTOMERS)
        self.assertEqual(self.ask("SELECT count(*) FROM aisle.customer_features"), str(customers))
        self.assertEqual(self.ask("SELECT count(*) FROM aisle.customer_propensity"), str(12 * customers))
        in_stock = self.must("sql", "--json", "SELECT count(*) AS n FROM raw.inventory WHERE qty_on_hand > 0")
        self.assertEqual(self.ask("SELECT count(*) FROM aisle.inventory"), str(json.loads(in_stock)["n"]))
        self.assertEqual(self.ask("SELECT count(*) FROM aisle.product_catalog"), "2000")
        status = self.store("status", "--verify")
        self.assertTrue(status["verified"] and status["tls"])
        self.assertEqual((status["problems"], status["leftovers"]), ([], []))
        self.assertEqual(status["loaded"]["generation"], loaded["generation"])
        self.assertEqual(status["published"], loaded["generation"])

        # People see what the warehouse says, to the last digit.
        columns = ", ".join(FEATURES)
        ours = [json.loads(line) for line in self.must(
            "sql", "--json", f"SELECT customer_id, {columns} FROM feature_store.customer_features ORDER BY customer_id").splitlines()]
        theirs = json.loads(self.ask(
            f"SELECT json_agg(t) FROM (SELECT customer_id, {columns} FROM aisle.customer_features ORDER BY customer_id) t"))
        self.assertEqual(len(ours), customers)
        self.assertEqual(ours, theirs)
        stock = "SELECT region, product_id, qty_on_hand, est_delivery_days FROM {} WHERE qty_on_hand > 0 ORDER BY region, product_id"
        ours = [json.loads(line) for line in self.must("sql", "--json", stock.format("raw.inventory")).splitlines()]
        self.assertEqual(ours, json.loads(self.ask(f"SELECT json_agg(t) FROM ({stock.format('aisle.inventory')}) t")))
        scores = "SELECT customer_id, category_id, propensity_score FROM {} ORDER BY 1, 2 LIMIT 500"
        ours = [json.loads(line) for line in self.must("sql", "--json", scores.format("gold.customer_propensity")).splitlines()]
        theirs = json.loads(self.ask("SELECT json_agg(t) FROM (SELECT customer_id, category_id, propensity_score::float8 "
                                     "FROM aisle.customer_propensity ORDER BY 1, 2 LIMIT 500) t"))
        for one, other in zip(ours, theirs, strict=True):
            self.assertEqual((one["customer_id"], one["category_id"]), (other["customer_id"], other["category_id"]))
            self.assertAlmostEqual(one["propensity_score"], other["propensity_score"], places=6)

    def test_a_sync_brings_a_second_generation_over_as_a_load_would(self):
        self.must("store", "create")
        self.assertIn("store load", self.fails(3, "store", "sync"))
        self.store("load")
        self.assertTrue(self.store("sync")["up_to_date"])
        self.must("publish")
        same = self.store("sync")
        self.assertEqual((same["up_to_date"], same["sent"], same["removed"]), (False, {"generation_files": 4}, {}))
        self.must("publish", "--as-of", "2026-11-19")
        synced = self.store("sync")
        self.assertGreater(synced["sent"]["customer_features"], 0)
        self.assertEqual(self.store("status", "--verify")["problems"], [])
        content = self.ask(CONTENT)
        self.assertEqual(self.store("load")["generation"], synced["generation"])
        self.assertEqual(self.ask(CONTENT), content)
        # Back again, as an operator would after a bad night.
        self.must("publish", "--rollback")
        self.assertEqual(self.store("sync")["before"], synced["generation"])
        self.assertNotEqual(self.ask(CONTENT), content)
        self.assertEqual(self.ask("SELECT loaded_by FROM aisle.aisle_meta"), "sync")

    def test_a_sync_every_so_often_follows_and_ends_when_told(self):
        self.must("store", "create")
        self.store("load")
        process = shop.start("store", "sync", "--every", "1s", "--json", data=self.data)
        try:
            self.assertTrue(json.loads(process.stdout.readline())["up_to_date"])
            self.must("publish")
            self.assertFalse(json.loads(process.stdout.readline())["up_to_date"])
        finally:
            process.terminate()
            out, err = process.communicate(timeout=shop.PATIENCE)
        self.assertEqual(process.returncode, 0, err)

    def test_a_killed_load_leaves_the_old_generation_and_the_next_one_cleans_up(self):
        self.must("store", "create")
        first = self.store("load")["generation"]
        content = self.ask(CONTENT)
        self.must("publish", "--as-of", "2026-11-19")
        # Somebody reads in the way of the swap: the new tables stand beside the old ones when the load is killed.
        reader = subprocess.Popen([PSQL, "-XAtq"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                  env=self.psql_environment())
        try:
            reader.stdin.write("BEGIN; SELECT count(*) > 0 FROM aisle.inventory;\n")
            reader.stdin.flush()
            self.assertEqual(reader.stdout.readline(), "t\n")
            load = shop.start("store", "load", data=self.data)
            try:
                made = "SELECT count(*) FROM pg_class WHERE relkind = 'r' AND relname LIKE '%\\_\\_new'"
                shop.wait_until(lambda: self.ask(made) == "5", "the new tables are there")
                said = self.fails(4, "store", "load")
                self.assertIn("is being loaded or synced by process", said)
                self.assertIn("aisle store load", said)
                self.fails(4, "store", "sync")
            finally:
                load.send_signal(signal.SIGKILL)
                load.communicate()
        finally:
            reader.communicate("COMMIT;\n", timeout=shop.PATIENCE)
        self.assertEqual(self.ask(CONTENT), content)
        self.assertEqual(len(self.store("status")["leftovers"]), 5)
        shop.wait_until(lambda: self.ask("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'") == "0",
                        "the server has let go of the lock")
        code, out, err = shop.run("store", "load", "--json", data=self.data)
        self.assertEqual(code, 0, err)
        self.assertIn("removed customer_features__new", err)
        self.assertEqual(self.store("status", "--verify")["leftovers"], [])
        self.assertEqual(self.ask("SELECT DISTINCT generation FROM aisle.customer_features"), str(first + 1))

        # And at any other moment.
        content = self.ask(CONTENT)
        moments = random.Random(1)
        for _ in range(8):
            load = shop.start("store", "load", data=self.data)
            time.sleep(moments.uniform(0.02, 0.5))
            load.send_signal(signal.SIGKILL)
            load.communicate()
            self.assertEqual(self.ask(CONTENT), content)
        shop.wait_until(lambda: shop.run("store", "load", data=self.data)[0] == 0, "the lock is free")
        status = self.store("status", "--verify")
        self.assertEqual((status["problems"], status["leftovers"]), ([], []))

    @contextlib.contextmanager
    def locked(self, table):
        """Somebody holds the table for itself, as a migration of their own would."""
        holder = subprocess.Popen([PSQL, "-XAtq"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                  env=self.psql_environment())
        try:
            holder.stdin.write(f"BEGIN; LOCK TABLE aisle.{table} IN ACCESS EXCLUSIVE MODE; SELECT 'held';\n")
            holder.stdin.flush()
            self.assertEqual(holder.stdout.readline(), "held\n")
            yield
        finally:
            holder.communicate("COMMIT;\n", timeout=shop.PATIENCE)

    def test_a_sync_that_waits_for_somebody_elses_lock_ends_when_it_is_told(self):
        self.must("store", "create")
        self.store("load")
        self.must("publish", "--as-of", "2026-11-19")
        waits = "SELECT count(*) FROM pg_stat_activity WHERE usename = 'aisle_writer' AND wait_event_type = 'Lock'"
        with self.locked("customer_features"):
            for command in (("store", "sync"), ("worker", "--as-of", "2026-11-18")):
                process = shop.start(*command, data=self.data)
                shop.wait_until(lambda: process.poll() is not None or self.ask(waits) == "1", "it waits for the lock")
                process.terminate()
                _, err = process.communicate(timeout=shop.PATIENCE)
                # That somebody ended it is no fault: nothing failed, nothing crashed.
                self.assertEqual(process.returncode, 143, err)
                self.assertIn("interrupted", err)
                self.assertEqual(self.status()["failed_jobs"], [], command)
                shop.wait_until(lambda: self.ask(waits) == "0", "the server waits no more")
        self.store("sync")
        self.assertEqual(self.store("status", "--verify")["problems"], [])

    def test_patience_takes_a_time_with_its_unit(self):
        self.must("store", "create")
        self.store("load")
        self.assertIn("--patience is 'soon'; accepted is 1s to 365d", self.fails(2, "store", "load", "--patience", "soon"))
        reader = subprocess.Popen([PSQL, "-XAtq"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                  env=self.psql_environment())
        try:
            reader.stdin.write("BEGIN; SELECT count(*) > 0 FROM aisle.inventory;\n")
            reader.stdin.flush()
            self.assertEqual(reader.stdout.readline(), "t\n")
            self.assertIn("did not get free for the swap within 1 s", self.fails(4, "store", "load", "--patience", "1s"))
        finally:
            reader.communicate("COMMIT;\n", timeout=shop.PATIENCE)

    def test_roles_may_what_they_are_for_and_no_more(self):
        self.must("store", "create")
        self.store("load")
        for role in ("aisle_owner", "aisle_writer", "aisle_reader"):
            self.assertEqual(os.stat(self.data / "postgres" / f"{role}.password").st_mode & 0o777, 0o600)
        self.assertEqual(self.ask("SELECT count(*) FROM aisle.customer_features", "aisle_reader"), shop.CUSTOMERS)
        self.assertEqual(self.ask("INSERT INTO aisle.impressions (request_id, served_at, region, generation, record) "
                                  "VALUES ('r1', now(), 'West', 1, '')", "aisle_reader"), "")
        self.assertEqual(self.ask("SELECT aisle.append_writes('{stock}', '{42}', '{a}')", "aisle_reader"), "1")
        for refused in ("UPDATE aisle.inventory SET qty_on_hand = 0", "DELETE FROM aisle.customer_features",
                        "INSERT INTO aisle.customer_ids VALUES ('x', 1)", "TRUNCATE aisle.impressions", "DELETE FROM aisle.writes",
                        "INSERT INTO aisle.writes VALUES (9, now(), 'stock', '1', '')",
                        "DELETE FROM aisle.generation_files", "INSERT INTO aisle.generation_files VALUES ('x', 'y', 0, now(), '')",
                        "UPDATE aisle.aisle_meta SET generation = 0", "DROP TABLE aisle.inventory", "CREATE TABLE aisle.x (i int)",
                        "CREATE TABLE public.x (i int)", "CREATE ROLE x", "SET ROLE aisle_owner"):
            said = self.ask(refused, "aisle_reader")
            self.assertTrue("permission denied" in said or "must be owner" in said, f"{refused}: {said}")
        self.assertIn("no encryption", self.ask("SELECT 1", "aisle_reader", PGSSLMODE="disable"))
        self.assertIn("password authentication failed", self.ask("SELECT 1", "aisle_reader", PGPASSWORD="guess"))
        # No password stands in the server's log, whatever it writes there.
        log = (self.server / "server.log").read_text()
        for file in (self.data / "postgres").iterdir():
            self.assertNotIn(file.read_text().strip(), log)

    def test_access_lets_in_from_named_networks_only(self):
        self.must("store", "create")
        for network in ("0.0.0.0/0", "::/0", "10.0.0.0/7"):
            self.assertIn(network, self.fails(2, "store", "access", "--network", network))
        hba = self.server / "data/pg_hba.conf"
        before, rights = hba.read_text(), hba.stat()
        self.addCleanup(lambda: (hba.write_text(before), self.ask("SELECT pg_reload_conf()")))

        def reload():
            self.assertEqual(self.ask("SELECT pg_reload_conf()"), "t")
            self.assertEqual(self.ask("SELECT count(*) FROM pg_hba_file_rules WHERE error IS NOT NULL"), "0")

        self.must("store", "access", "--network", "10.9.0.0/16", "--batch-network", "127.0.0.1/32", "--file", str(hba))
        reload()
        shop.wait_until(lambda: "pg_hba.conf rejects connection" in self.ask("SELECT 1", "aisle_reader"), "the reader is refused")
        self.assertEqual(self.ask("SELECT 1", "aisle_writer"), "1")
        self.must("store", "access", "--network", "127.0.0.1/32", "--file", str(hba))
        reload()
        shop.wait_until(lambda: self.ask("SELECT 1", "aisle_reader") == "1", "the reader comes in")
        self.assertIn("pg_hba.conf rejects connection", self.ask("SELECT 1", "aisle_writer"))
        self.assertEqual((hba.stat().st_uid, hba.stat().st_mode), (rights.st_uid, rights.st_mode))
        self.assertTrue(hba.read_text().endswith(before))

    def test_drop_leaves_nothing_and_takes_nothing_that_is_not_its_own(self):
        self.must("store", "create")
        self.store("load")
        self.assertIn("--yes", self.fails(2, "store", "drop"))
        self.ask("CREATE VIEW public.theirs AS SELECT customer_id FROM aisle.customer_features")
        self.assertIn("view theirs", self.fails(5, "store", "drop", "--yes"))
        self.assertEqual(self.ask("SELECT count(*) FROM public.theirs"), shop.CUSTOMERS)
        self.ask("DROP VIEW public.theirs")
        dropped = self.store("drop", "--yes")
        self.assertEqual(dropped, {"schema_dropped": True, "roles_dropped": ["aisle_owner", "aisle_reader", "aisle_writer"]})
        self.assertEqual(self.ask("SELECT count(*) FROM pg_namespace WHERE nspname = 'aisle'"), "0")
        self.assertEqual(self.ask("SELECT count(*) FROM pg_roles WHERE rolname LIKE 'aisle%'"), "0")
        self.assertFalse((self.data / "postgres").exists())
        self.assertFalse(self.store("drop", "--yes")["schema_dropped"])
        # Names that others have are theirs.
        self.ask("CREATE ROLE aisle_reader")
        try:
            self.assertIn("aisle_reader exists and is not this store's", self.fails(5, "store", "create"))
            self.assertEqual(self.store("drop", "--yes")["roles_dropped"], [])
            self.assertEqual(self.ask("SELECT count(*) FROM pg_roles WHERE rolname = 'aisle_reader'"), "1")
        finally:
            self.ask("DROP ROLE aisle_reader")

    def test_what_is_not_there_is_said_with_what_to_do(self):
        self.assertIn("aisle store create", self.fails(5, "store", "load"))
        (self.data / "aisle.toml").write_text("")
        self.assertIn("store dev-up", self.fails(5, "store", "load"))
        self.assertIn("password", self.fails(2, "store", "status", AISLE_POSTGRES_URL="postgresql://u:p@127.0.0.1/x"))
        self.fails(4, "store", "create", AISLE_POSTGRES_URL="postgresql://127.0.0.1:1/x")
        self.fails(2, "store")

    def test_bench_runs_both_sides_and_leaves_nothing(self):
        self.must("store", "create")
        found = self.store("bench", "--rounds", "1")
        self.assertGreater(found["psql_copy_s"], 0)
        left = "SELECT count(*) FROM pg_class WHERE relname LIKE 'bench%' OR relname LIKE '%\\_\\_%'"
        rooms = lambda: [path.name for path in self.data.iterdir() if path.name.startswith(".staging-")]
        self.assertEqual((self.ask(left), rooms()), ("0", []))
        # Killed, it leaves its tables and its rows; the next load, or bench, takes them away.
        bench = shop.start("store", "bench", "--rounds", "50", data=self.data)
        made = "SELECT count(*) FROM pg_class WHERE relkind = 'r' AND relname LIKE 'bench%'"
        shop.wait_until(lambda: self.ask(made) == "5", "it copies")
        (room,) = rooms()
        self.assertEqual(os.stat(self.data / room).st_mode & 0o777, 0o700)
        bench.kill()
        bench.communicate()
        shop.wait_until(lambda: self.ask("SELECT count(*) FROM pg_stat_activity WHERE usename = 'aisle_owner'") == "0",
                        "the server has noticed")
        self.assertIn("bench_inventory", self.store("status")["leftovers"])
        self.store("load")
        self.assertEqual(self.ask(left), "0")
        self.store("bench", "--rounds", "1")
        self.assertEqual(rooms(), [])


class DevServer(shop.ShopTest):
    @unittest.skipUnless(pathlib.Path(PSQL).exists(), "Debian's postgresql-15 is not installed")
    def test_what_dev_up_prints_are_settings_and_dev_down_leaves_no_process(self):
        self.folder.chmod(0o755)
        self.copy_shop()
        settings = self.must("store", "dev-up")
        (self.data / "aisle.toml").write_text(settings)
        self.assertNotIn((self.data / "postgres-server/postgres.password").read_text().strip(), settings)
        self.must("store", "create")
        self.must("store", "load")
        # Appended again, as the manual says it, the settings stay whole: its lines are there, or another server's.
        toml = self.data / "aisle.toml"
        toml.write_text(settings + self.must("store", "dev-up"))
        self.assertEqual(self.must("store", "dev-up"), toml.read_text().removeprefix(settings))
        self.must("store", "status")
        toml.write_text('[postgres]\nurl = "postgresql://127.0.0.1:1/elsewhere"')
        other = self.must("store", "dev-up")
        self.assertEqual(other, "".join(f"# {line}\n" for line in settings.splitlines()))
        toml.write_text("[general]\nseed = 2")
        toml.write_text(toml.read_text() + self.must("store", "dev-up"))
        self.must("store", "status")
        toml.write_text(settings)
        # What it holds outlasts `clean`, which says so; only dev-down ends it.
        code, _, said = shop.run("clean", "--yes", data=self.data)
        pid = (self.data / "postgres-server/data/postmaster.pid").read_text().split()[0]
        self.assertEqual(code, 0, said)
        self.assertIn(f"a Postgres runs on as process {pid}", said)
        self.assertIn("`aisle store dev-down` stops it", said)
        self.assertEqual(self.must("store", "dev-down"), "stopped\n")
        self.assertEqual(processes_in(self.data), [])
        self.fails(4, "store", "status")
        toml.unlink()
        self.assertEqual(self.must("store", "dev-up"), settings)
        toml.write_text(settings)
        self.assertEqual(json.loads(self.must("store", "status", "--json"))["loaded"]["customers"], int(shop.CUSTOMERS))
        self.must("store", "dev-down")


if __name__ == "__main__":
    shop.main()
