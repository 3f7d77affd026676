"""kill -9 at random moments of a night: summing up, scoring, publishing, bringing over into Postgres. Meanwhile a server
answers from Postgres, and every answer is of one published generation, whole. In the end the store holds what is published.

AISLE_TEST_KILLS says how many kills, AISLE_TEST_SEED which moments; both are printed. Twenty where neither is set."""
import json
import os
import pathlib
import random
import secrets
import shutil
import signal
import sys
import tempfile
import threading
import time
import unittest

import shop
from postgres_dev_test import PSQL

KILLS = int(os.environ.get("AISLE_TEST_KILLS", "20"))
SEED = int(os.environ.get("AISLE_TEST_SEED") or secrets.randbits(32))
NIGHT = (("refresh",), ("score",), ("publish",), ("store", "sync"))
# What turns from night to night, so that each has something to do.
DAYS = ("2026-11-18", "2026-11-19")
CUSTOMERS = [1_000_000 + step * 7 for step in range(40)]
HELD = "is being loaded or synced by process"


class Reader(threading.Thread):
    """Asks one customer after the other until it is told to end, and keeps what each generation said of whom."""

    def __init__(self, server):
        super().__init__(daemon=True)
        self.server, self.ended = server, threading.Event()
        self.count, self.wrong, self.said, self.backends = 0, [], {}, {}

    def run(self):
        while not self.ended.is_set():
            customer = CUSTOMERS[self.count % len(CUSTOMERS)]
            self.count += 1
            try:
                status, _, answer = self.server.get(f"/recommend?customer_id={customer}&zip_code=10001&top_n=20&dry_run=true")
                self.take(customer, status, answer)
            except Exception as error:  # Of any kind: a reader is to see nothing of all that.
                self.wrong.append(f"{customer}: {error!r}")

    def take(self, customer, status, answer):
        if status != 200 or not answer["recommendations"]:
            self.wrong.append(f"{customer}: {status} {answer}")
            return
        # Postgres may hold another generation than the server: then the one on this machine answers, and says so.
        if any(entry["what"] != "features" for entry in answer["degraded"]):
            self.wrong.append(f"{customer}: {answer['degraded']}")
        backend = answer["timings"]["backend"]
        self.backends[backend] = self.backends.get(backend, 0) + 1
        shown = [(item["product_id"], item["score"], item["in_stock_qty"]) for item in answer["recommendations"]]
        known = self.said.setdefault((answer["generation"], customer), shown)
        if known != shown:
            self.wrong.append(f"{customer}: two answers of generation {answer['generation']}, one from {backend}")

    def end(self):
        self.ended.set()
        self.join(shop.PATIENCE)


@unittest.skipUnless(pathlib.Path(PSQL).exists(), "Debian's postgresql-15 is not installed")
class RandomKills(shop.ShopTest):
    def setUp(self):
        super().setUp()
        top = pathlib.Path(tempfile.mkdtemp(prefix="aisle-kills-"))
        self.addCleanup(shutil.rmtree, top, ignore_errors=True)
        top.chmod(0o755)
        self.copy_shop()
        facts = json.loads(self.must("store", "dev-up", str(top / "server"), "--json"))
        self.addCleanup(shop.run, "store", "dev-down", str(top / "server"), data=top / "none")
        (self.data / "aisle.toml").write_text(f'[postgres]\nurl = "{facts["url"]}"\nadmin_password_file = '
                                              f'"{facts["password_file"]}"\n[serve]\nstore = "postgres"\n')
        self.must("store", "create")
        self.must("store", "load")
        self.moments = random.Random(SEED)
        self.usual, self.log = {}, []

    def arguments(self, command, night):
        return command if command[0] == "store" else (*command, "--as-of", DAYS[night % len(DAYS)])

    def kill_in(self, command, night):
        """Whether the command was killed before it had ended."""
        after = self.moments.uniform(0, self.usual[command])
        process = shop.start(*self.arguments(command, night), data=self.data)
        try:
            process.wait(after)
        except shop.subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
        process.communicate(timeout=shop.PATIENCE)
        killed = process.returncode == -signal.SIGKILL
        self.assertIn(process.returncode, (0, -signal.SIGKILL))
        self.log.append(f"{' '.join(command)} {'killed' if killed else 'done'} after {after:.3f} s")
        return killed

    def succeed(self, command, night):
        """The next run. The server learns of a killed client within a second or so, and lets go of the lock then."""
        end = time.monotonic() + shop.PATIENCE
        while True:
            began = time.monotonic()
            code, out, err = shop.run(*self.arguments(command, night), data=self.data)
            if code == 0:
                self.usual.setdefault(command, time.monotonic() - began)
                return
            self.assertTrue(code == 4 and HELD in err and time.monotonic() < end, f"{self.log}\n{command}: {err}")
            time.sleep(0.1)

    def nothing_is_left(self):
        self.assertEqual([path for path in self.data.rglob("*") if path.name.startswith(".staging-")], [], self.log)
        # What was killed has been done since.
        self.assertEqual(self.status()["failed_jobs"], [], self.log)
        store = json.loads(self.must("store", "status", "--verify", "--json"))
        self.assertEqual((store["problems"], store["leftovers"], store["loaded"]["generation"]), ([], [], store["published"]), self.log)
        self.assertTrue(store["verified"])

    def test_a_night_that_is_killed_again_and_again_is_served_whole_and_ends_well(self):
        print(f"AISLE_TEST_SEED={SEED} AISLE_TEST_KILLS={KILLS}", file=sys.stderr, flush=True)
        with self.serving() as server:
            reader = Reader(server)
            reader.start()
            try:
                killed = self.nights()
                newest = self.status()["generation"]["generation"]
                shop.wait_until(lambda: (newest, CUSTOMERS[0]) in reader.said, "the last generation is served")
            finally:
                reader.end()
        print(f"{killed} kills; {reader.count} answers of {len({g for g, _ in reader.said})} generations, from "
              f"{reader.backends}", file=sys.stderr, flush=True)
        self.assertEqual(reader.wrong[:5], [], self.log)
        # Who asked saw the generations change, from both sides.
        self.assertGreater(reader.backends.get("postgres", 0), 0, reader.backends)
        self.assertGreater(len({generation for generation, _ in reader.said}), 2)
        published = {int(path.name.removeprefix("generation-")) for path in (self.data / "serving").glob("generation-*")}
        self.assertTrue({generation for generation, _ in reader.said} <= set(range(1, max(published) + 1)))

    def nights(self):
        for command in NIGHT:  # One that nobody disturbs says how long each takes.
            self.succeed(command, 0)
        killed = 0
        for night in range(1, 20 * KILLS):
            for command in NIGHT:
                killed += self.kill_in(command, night)
                self.succeed(command, night)
            self.nothing_is_left()
            if killed >= KILLS:
                for command in NIGHT:  # As of the end of the data, or tables are said to be late.
                    self.must(*command)
                shop.wait_until(lambda: self.status()["problems"] == [], "all is well", 30)
                return killed
        self.fail(f"{killed} kills only: {self.log}")


if __name__ == "__main__":
    shop.main()
