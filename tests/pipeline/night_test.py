"""An engineer at three in the morning: what is damaged, full, taken or dead, what answers meanwhile, and what is said."""
import contextlib
import fcntl
import json
import os
import re
import resource
import shutil
import signal
import socket
import subprocess

import shop

# Of a directory that its owner may not write, root may all the same, unless it has laid down that right.
UNPRIVILEGED = ["setpriv", "--bounding-set=-all", "--inh-caps=-all"] if os.geteuid() == 0 else []
NOT_CURRENT = {"what": "generation", "why": "not current"}
# What /readyz says of a server that lacks nothing.
WELL = {"status": "ready", "stores": [{"name": "embedded", "breaker": "closed"}]}


def alive(pid):
    try:
        os.kill(pid, 0)
        return True
    except ProcessLookupError:
        return False


class Night(shop.ShopTest):
    def setUp(self):
        super().setUp()
        self.copy_shop()

    @contextlib.contextmanager
    def process(self, *arguments, prefix=(), settings=None, **more):
        """A command that runs on; what it said is in self.said afterwards."""
        process = subprocess.Popen([*prefix, shop.AISLE, *arguments, "--data", str(self.data)], stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, text=True, env=shop.environment(**(settings or {})), **more)
        try:
            yield process
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
            self.said = process.communicate(timeout=shop.PATIENCE)[1]

    def free_port(self):
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            return listener.getsockname()[1]

    def at(self, port, path):
        """What a server at the port answers; None while there is none."""
        server = shop.Server.__new__(shop.Server)
        server.address = f"127.0.0.1:{port}"
        try:
            status, _, answer = server.get(path)
        except OSError:
            return None
        return answer if status == 200 else None

    def damage(self, generation):
        shelf = self.data / "serving" / f"generation-{generation}" / "shelf.bin"
        whole = shelf.read_bytes()
        shelf.write_bytes(whole[:1000])
        return shelf, whole

    def test_a_damaged_event_log_is_set_aside_and_the_server_answers(self):
        with self.serving() as server:
            self.answer(server)
            shop.wait_until(lambda: self.status()["impressions"]["logged"] == 1, "the impression is logged", 30)
        log = self.data / "events" / "data.mdb"
        whole = log.read_bytes()
        log.write_bytes(b"\xff" * 8192 + whole[8192:])
        before = self.status()
        self.assertIn("damaged", before["problems"][0])
        self.assertIn("start it again", before["problems"][0])
        self.assertEqual(before["unread"], ["impressions"])
        self.must("worker")  # A pass goes on without.
        with self.serving() as server:
            answer = self.answer(server)
            self.assertEqual(answer["degraded"], [])
            self.assertEqual(server.get("/readyz")[2], WELL)
            shop.wait_until(lambda: self.status()["impressions"]["logged"] == 1, "the new log is written", 30)
            status = self.status()
            text = self.status_text()
        aside = [folder for folder in self.data.iterdir() if folder.name.startswith("events.damaged-")]
        self.assertEqual(len(aside), 1)
        self.assertEqual((aside[0] / "data.mdb").read_bytes()[8192:], whole[8192:])
        self.assertEqual(status["impressions"]["set_aside"], [str(aside[0])])
        self.assertTrue(text.startswith("PROBLEM    an event log was set aside as " + str(aside[0])), text)
        self.assertIn("had taken in the records up to 0", text)
        self.must("worker")
        self.assertEqual(json.loads(self.must("sql", "--json", "SELECT count(*) AS n FROM raw.impressions")), {"n": 1})
        subprocess.run(["rm", "-r", str(aside[0])], check=True)
        self.assertEqual(self.status()["problems"], [])

    def test_after_going_back_to_an_older_program_a_pass_goes_on_without_what_the_newer_one_logged(self):
        with self.serving() as server:
            shown = self.answer(server)["request_id"].encode()
            shop.wait_until(lambda: self.status()["impressions"]["logged"] == 1, "the impression is logged", 30)
        log = self.data / "events" / "data.mdb"
        record = b"\x02\x01" + bytes([len(shown)]) + shown  # Format, kind, id.
        whole = log.read_bytes()
        self.assertEqual(whole.count(record), 1)
        # The envelope's format, and that of the body, which stands behind the time.
        body = whole.index(record) + len(record)
        while whole[body] & 0x80:
            body += 1
        for at, generation in ((whole.index(record), 2), (body + 1, 3)):
            log.write_bytes(whole[:at] + b"\x05" + whole[at + 1:])
            self.must("worker")
            found = self.status()
            self.assertEqual((found["generation"]["generation"], found["impressions"]["waiting"]), (generation, 1))
            problem, = found["problems"]
            self.assertIn("1 impressions wait for the program that logged them: ", problem)
            self.assertIn("format 5 is newer", problem)
        log.write_bytes(whole)  # The newer program is back.
        self.must("worker")
        self.assertEqual((self.status()["impressions"]["waiting"], self.status()["problems"]), (0, []))

    def test_a_directory_that_cannot_be_written_does_not_stop_a_start(self):
        port = self.free_port()
        paths = [self.data, *self.data.rglob("*")]
        def allow(more):
            for path in paths:
                path.chmod((0o555 if path.is_dir() else 0o444) | more)
        allow(0)
        self.addCleanup(allow, 0o200)
        with self.process("serve", "--listen", f"127.0.0.1:{port}", prefix=UNPRIVILEGED):
            answer = shop.wait_until(lambda: self.at(port, "/recommend?customer_id=1000000"), "the server answers")
            self.assertEqual((answer["degraded"], answer["generation"]), ([], 1))
            dropped = [{"what": "changes", "why": "they are refused: see the log"},
                       {"what": "impressions", "why": "they are dropped: see the log"}]
            self.assertEqual(self.at(port, "/readyz"), {**WELL, "degraded": dropped})
            health = shop.wait_until(lambda: (lambda found: found["impressions"]["dropped"] and found)(
                self.at(port, "/health")), "the impression is counted")
            self.assertEqual((health["impressions"]["written"], health["degraded"]), (0, dropped))
            done = subprocess.run([*UNPRIVILEGED, shop.AISLE, "status", "--data", str(self.data)], text=True,
                                  stdout=subprocess.PIPE, env=shop.environment())
            self.assertEqual(done.returncode, 6)
            self.assertIn(f"{self.data / 'run'} cannot be written", done.stdout)
            allow(0o200)  # Mended: the server notices by itself.
            shop.wait_until(lambda: "degraded" not in self.at(port, "/readyz"), "impressions and changes are written again")
        self.assertIn("impressions are dropped: ", self.said)
        self.assertIn("`aisle status` will not list this process", self.said)

    def test_a_full_disk_does_not_stop_a_start(self):
        # Files that may not grow, as on a disk that is full.
        full = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
        before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        self.addCleanup(signal.signal, signal.SIGXFSZ, before)
        port = self.free_port()
        with self.process("serve", "--listen", f"127.0.0.1:{port}", preexec_fn=full, restore_signals=False):
            answer = shop.wait_until(lambda: self.at(port, "/recommend?customer_id=1000000"), "the server answers")
            self.assertEqual(answer["degraded"], [])
            self.assertEqual([entry["what"] for entry in self.at(port, "/readyz")["degraded"]], ["changes", "impressions"])
        self.assertIn("impressions are dropped: ", self.said)
        self.assertEqual([path.name for path in self.data.iterdir() if "damaged" in path.name], [])
        self.assertEqual(self.status()["problems"], [])

    def test_the_newest_whole_generation_stands_in_and_a_roll_back_makes_it_current(self):
        self.must("publish")
        shelf, whole = self.damage(2)
        with self.serving() as server:
            answer = self.answer(server)
            self.assertEqual((answer["generation"], answer["degraded"]), (1, [NOT_CURRENT]))
            self.assertEqual(json.loads(self.must("recommend", "1000000", "--json"))["degraded"], [NOT_CURRENT])
            status, _, ready = server.get("/readyz")
            self.assertEqual(status, 200)
            self.assertEqual(ready["degraded"], [{"what": "generation", "why":
                             "generation 2 does not open, generation 1 stands in: see the log"}])
            found = self.status()
            self.assertEqual(found["generation"]["generation"], 1)
            problems = self.status_text().splitlines()[:len(found["problems"])]
            self.assertTrue(all(line.startswith("PROBLEM ") for line in problems), problems)
            self.assertTrue(any(str(shelf) in line and "--rollback" in line for line in problems), problems)
            self.assertTrue(any("the server does without generation" in line for line in problems), problems)

            self.assertEqual(json.loads(self.must("publish", "--rollback", "--json"))["generation"], 1)
            shop.wait_until(lambda: self.answer(server)["degraded"] == [], "it is the current one", 30)
            self.assertEqual(server.get("/readyz")[2], WELL)
            self.assertEqual(self.status()["problems"], [])
            self.assertIn("`aisle publish --to 2` goes there", self.status_text())
            self.fails(5, "publish", "--rollback")

            self.assertIn(str(shelf), self.fails(1, "publish", "--to", "2"))
            shelf.write_bytes(whole)
            self.must("publish", "--to", "2")
            shop.wait_until(lambda: self.answer(server)["generation"] == 2, "forward again", 30)
            self.fails(3, "publish", "--to", "7")
            self.fails(2, "publish", "--to", "1", "--rollback")
            self.must("publish")
            shop.wait_until(lambda: self.answer(server)["generation"] == 3, "the next one is served", 30)
        self.assertIn(" warning ", self.server_said)

    def test_a_job_that_failed_is_shown_until_it_is_done_though_no_worker_runs(self):
        warehouse = self.data / "warehouse.duckdb"
        whole = warehouse.read_bytes()
        warehouse.write_bytes(b"no database" * 1000)
        self.fails(1, "refresh")
        warehouse.write_bytes(whole)
        found = self.status()
        self.assertEqual([(job["job"], bool(job["ended"])) for job in found["failed_jobs"]], [("refresh", True)])
        self.assertIn("`aisle refresh` failed at ", self.status_text().splitlines()[0])
        self.must("worker")  # A pass does it as well.
        self.assertEqual(self.status()["problems"], [])
        self.fails(3, "train", "nothing-of-that-name.toml")  # The caller's mistake is no failed job.
        self.assertEqual(self.status()["problems"], [])

    def test_a_job_that_was_killed_is_shown(self):
        with self.process("generate", "--customers", "20000", "--seed", "7") as process:
            shop.wait_until(lambda: self.status()["job"], "it has begun")
            self.assertEqual(self.status()["failed_jobs"], [])
            process.kill()
            process.wait()
        found = self.status()
        self.assertEqual([(job["job"], job["pid"], job["ended"]) for job in found["failed_jobs"]],
                         [("generate", process.pid, None)])
        self.assertIn("whether it had loaded its data already is known when the next job ran", found["problems"][0])
        self.must("generate", "--customers", shop.CUSTOMERS)
        self.assertEqual(self.status()["problems"], [])

    def test_what_cannot_be_read_is_not_called_nothing(self):
        (self.data / "about.json").rename(self.folder / "about.json")
        text = self.status_text()
        self.assertNotIn("no data yet", text)
        self.assertIn("not known, see above", text)
        self.assertIn("about.json is missing", text.splitlines()[0])
        self.must("refresh")
        self.assertEqual(self.status()["problems"], [])
        (self.data / "serving" / "CURRENT").unlink()
        text = self.status_text()
        self.assertNotIn("nothing is published", text)
        self.assertIn("CURRENT is missing", text.splitlines()[0])
        self.data.chmod(0)
        self.addCleanup(self.data.chmod, 0o755)
        done = subprocess.run([*UNPRIVILEGED, shop.AISLE, "status", "--data", str(self.data)], text=True,
                              stdout=subprocess.PIPE, env=shop.environment())
        self.assertEqual(done.returncode, 6)
        self.assertIn("cannot be read: Permission denied", done.stdout)
        for nothing in ("no data yet", "none", "nothing is published"):
            self.assertNotIn(nothing, done.stdout.split("Processes")[0])

    def test_a_server_that_was_killed_is_missed(self):
        with self.serving() as server:
            server.process.kill()
            server.process.wait()
            problem, = self.status()["problems"]
            self.assertIn(f"`aisle serve` (process {server.process.pid}) is gone without having ended", problem)
        with self.serving():
            self.assertEqual(self.status()["problems"], [])

    def test_a_server_that_hangs_is_said_to(self):
        with self.serving() as server:
            server.process.send_signal(signal.SIGSTOP)
            try:
                problem, = self.status()["problems"]
            finally:
                server.process.send_signal(signal.SIGCONT)
            self.assertIn("does not answer: nothing in", problem)

    def test_up_gives_up_on_a_taken_port_and_names_who_has_it(self):
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            listener.listen()
            address = f"127.0.0.1:{listener.getsockname()[1]}"
            said = self.fails(4, "up", "--listen", address)
            self.assertIn(f"{address} is taken by process {os.getpid()} (", said)
            self.assertIn(f"process {os.getpid()} (", self.fails(4, "serve", "--listen", address))
            self.assertIsNone(shop.process_file(self.data, "serve"))
        self.assertEqual(self.status()["processes"], [])

    def test_up_gives_up_when_the_port_is_taken_while_its_server_is_down(self):
        port = self.free_port()
        patience = {"AISLE_UP_RESTART_FIRST_MS": "4000"}  # Time to take the port in, on any machine.
        with self.process("up", "--listen", f"127.0.0.1:{port}", "--every", "1d", settings=patience) as up:
            shop.wait_until(lambda: self.at(port, "/readyz"), "up serves")
            with socket.socket() as listener:
                listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                worker = shop.wait_until(lambda: shop.process_file(self.data, "worker"), "the worker runs")["pid"]
                os.kill(shop.process_file(self.data, "serve")["pid"], signal.SIGKILL)
                def take():
                    try:
                        listener.bind(("127.0.0.1", port))
                    except OSError:
                        return False
                    listener.listen()
                    return True
                shop.wait_until(take, "the port is free for a moment")
                self.assertEqual(up.wait(timeout=shop.PATIENCE), 4)
            self.assertFalse(alive(worker))
        self.assertIn(f"is taken by process {os.getpid()} (", self.said)

    def test_up_is_well_again_after_each_childs_crash(self):
        port = self.free_port()
        with self.process("up", "--listen", f"127.0.0.1:{port}", "--every", "1d") as up:
            shop.wait_until(lambda: self.at(port, "/readyz"), "up serves")
            for name in ("serve", "worker"):
                pid = shop.wait_until(lambda: shop.process_file(self.data, name), f"{name} runs")["pid"]
                os.kill(pid, signal.SIGKILL)
                shop.wait_until(lambda: (shop.process_file(self.data, name) or {}).get("pid") not in (None, pid),
                                f"{name} runs again")
            shop.wait_until(lambda: self.at(port, "/recommend?customer_id=1000000"), "it answers again")
            self.assertEqual({process["name"] for process in self.status()["processes"]}, {"serve", "worker", "up"})
        self.assertEqual(up.returncode, 0)
        self.assertIn("was ended by signal 9; it starts again in", self.said)
        self.assertRegex(self.said, r"(?m)^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z warning up: serve ")

    def test_up_goes_on_while_its_program_is_replaced(self):
        program = self.folder / "aisle"
        shutil.copy(shop.AISLE, program)
        port = self.free_port()
        up = subprocess.Popen([str(program), "up", "--listen", f"127.0.0.1:{port}", "--every", "1d", "--data",
                               str(self.data)], stderr=subprocess.DEVNULL, env=shop.environment())
        try:
            pid = shop.wait_until(lambda: shop.process_file(self.data, "serve"), "up serves")["pid"]
            (self.folder / "newer").write_text("another program\n")
            os.replace(self.folder / "newer", program)
            os.kill(pid, signal.SIGKILL)
            shop.wait_until(lambda: (shop.process_file(self.data, "serve") or {}).get("pid") not in (None, pid),
                            "it is started again")
            self.assertTrue(shop.wait_until(lambda: self.at(port, "/readyz"), "it answers"))
        finally:
            up.send_signal(signal.SIGTERM)
            self.assertEqual(up.wait(timeout=shop.PATIENCE), 0)

    def documented(self, page, heading):
        """The commands below a heading of a page, as they stand there."""
        text = (shop.ROOT / "docs" / page).read_text().split(f"\n## {heading}\n")[1].split("\n## ")[0]
        return re.search(r"(?ms)^```\n(.*?)^```$", text)[1]

    def sh(self, script):
        (self.folder / "bin").mkdir(exist_ok=True)
        program = self.folder / "bin" / "aisle"
        program.unlink(missing_ok=True)
        program.symlink_to(shop.AISLE)
        done = subprocess.run(["sh", "-ec", script], cwd=self.folder, text=True, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, timeout=shop.PATIENCE,
                              env=shop.environment(PATH=f"{program.parent}:{os.environ['PATH']}"))
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout

    def test_a_job_during_a_backup_is_told_who_holds_the_lock(self):
        with (self.data / "run" / "worker.lock").open("r") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # As flock(1) does it, while tar runs.
            self.assertIn(f" is held by process {os.getpid()} (", self.fails(4, "refresh"))
            self.assertIn(f"process {os.getpid()} (", self.status()["job"])
        self.assertEqual(self.status()["failed_jobs"], [])
        self.must("refresh")

    def test_a_backup_as_documented_restored_elsewhere_answers_the_same(self):
        (self.folder / "aisle-data").symlink_to(self.data)
        ask = "customer_id=1000003&zip_code=94103&top_n=20"
        with self.serving() as server:
            before = self.answer(server, ask)["recommendations"]
            self.sh(self.documented("OPERATIONS.md", "Backup"))
            self.assertEqual(self.answer(server, ask)["recommendations"], before)
        tables = [(table["table"], table["rows"], table["state"]) for table in self.status()["tables"]]
        rows = self.must("sql", "--json", "SELECT count(*) AS n, sum(hash(e)) AS h FROM raw.event_stream AS e")
        said = self.sh(self.documented("OPERATIONS.md", "Restore"))
        self.assertNotIn("PROBLEM", said)
        self.assertIn("customer 1000000, ", said)
        shutil.rmtree(self.data)
        self.data = self.folder / "restored"
        self.assertEqual([(table["table"], table["rows"], table["state"]) for table in self.status()["tables"]], tables)
        self.assertEqual(self.must("sql", "--json", "SELECT count(*) AS n, sum(hash(e)) AS h FROM raw.event_stream AS e"),
                         rows)
        with self.serving() as server:
            self.assertEqual(self.answer(server, ask)["recommendations"], before)
        self.must("worker")
        self.assertEqual(self.status()["problems"], [])


if __name__ == "__main__":
    shop.main()
