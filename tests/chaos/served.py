"""What chaos_test breaks, and how it measures: a real Postgres, `aisle serve` over it, requests, and what came of them."""
import collections
import dataclasses
import http.client
import json
import os
import pathlib
import random
import signal
import subprocess
import sys
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/pipeline"))
import shop  # noqa: E402

BIN = pathlib.Path("/usr/lib/postgresql/15/bin")
# The long form holds each fault for longer, several times, under more requests.
SECONDS = float(os.environ.get("AISLE_CHAOS_SECONDS", "0.5"))
REPEATS = int(os.environ.get("AISLE_CHAOS_REPEATS", "1"))
CLIENTS = int(os.environ.get("AISLE_CHAOS_CLIENTS", "2"))
RESULTS = os.environ.get("AISLE_CHAOS_RESULTS")
LONG = RESULTS is not None
RECOVERY_S = 5 if LONG else 30      # The long form has the machine for itself; the short one may be anywhere.
DEADLINE_MS = 250                   # Of a request, as configured.
CLIENT_DEADLINE_MS = 1000 if LONG else 10_000   # What a client on a busy machine sees of that.
CUSTOMERS = range(1000000, 1000020)
TOP_N = 5
LOOPS = 2
CONNECTIONS_MAX = 4 * LOOPS + 5     # The pool of each loop; changes (two, and a listener); the generation in the tables; tokens.
IN_A_ROW = 12                       # Answers, so that each event loop has given some.
MINIMUM = 8                         # Answers during a fault.
WHYS = {"unavailable", "deadline", "breaker open", "another generation"}


def as_postgres():
    """For subprocess: the user that the server runs as."""
    return {"user": "postgres", "group": "postgres", "extra_groups": []} if os.geteuid() == 0 else {}


class Disk:
    """A file system of its own for the server, so that a test may fill it; where mounting is not permitted, a folder."""

    def __init__(self, folder):
        folder.mkdir()
        self.folder = folder
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=400m,mode=755", "chaos", folder], capture_output=True, text=True)
        self.why_not = "" if mounted.returncode == 0 else mounted.stderr.strip() or "mount failed"

    def close(self):
        if not self.why_not:
            subprocess.run(["umount", "--lazy", self.folder], check=True)

    def fill(self):
        with (self.folder / "ballast").open("wb", buffering=0) as file:
            try:
                while True:
                    file.write(bytes(1 << 16))
            except OSError as error:
                assert "No space left" in str(error), error

    def empty(self):
        (self.folder / "ballast").unlink(missing_ok=True)


class Postgres:
    """By tools/postgres-dev. Its administrator comes in by the socket, whatever is wrong with TCP and TLS."""

    def __init__(self, folder):
        self.folder = folder
        self.up()

    def dev(self, command):
        done = subprocess.run([ROOT / "tools/postgres-dev", command, self.folder], capture_output=True, text=True, timeout=shop.PATIENCE,
                              stdin=subprocess.DEVNULL)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def up(self):
        self.facts = dict(line.split("=", 1) for line in self.dev("up").splitlines())
        self.port = int(self.facts["port"])

    def down(self):
        self.dev("down")

    def postmaster(self):
        return int((self.folder / "data/postmaster.pid").read_text().split()[0])

    def environment(self, port=None, socket_dir=None):
        password = pathlib.Path(self.facts["password_file"]).read_text().strip()
        return {**os.environ, "PGHOST": socket_dir or self.facts["socket_dir"], "PGPORT": str(port or self.port), "PGUSER": "postgres",
                "PGDATABASE": "postgres", "PGPASSWORD": password, "PGCONNECT_TIMEOUT": "20"}

    def psql(self, sql, **where):
        return subprocess.run([BIN / "psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-c", sql], text=True, capture_output=True,
                              timeout=shop.PATIENCE, env=self.environment(**where))

    def ask(self, sql, **where):
        done = self.psql(sql, **where)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def readers(self, **where):
        return int(self.ask("SELECT count(*) FROM pg_stat_activity WHERE usename = 'aisle_reader'", **where))

    def cut_readers(self):
        self.ask("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'aisle_reader'")

    def is_gone(self):
        """Nobody works in its folder."""
        for entry in pathlib.Path("/proc").iterdir():
            try:
                if entry.name.isdigit() and os.readlink(entry / "cwd").startswith(str(self.folder / "data")):
                    return False
            except OSError:
                pass
        return True


@dataclasses.dataclass
class Sample:
    begin: float
    end: float
    customer: int
    status: int
    backend: str = ""
    whys: tuple = ()
    late: bool = False  # Says that there was no time left for the model, so that its answer is another one.
    shown: str = ""

    @property
    def ms(self):
        return (self.end - self.begin) * 1000


class Served:
    """`aisle serve` of one data directory, as its own process."""

    def __init__(self, data, **settings):
        self.data, self.log = data, data.parent / f"{data.name}.serve.log"
        with self.log.open("w") as log:
            self.process = subprocess.Popen([shop.AISLE, "serve", "--listen", "127.0.0.1:0", "--data", str(data)], stderr=log,
                                            stdout=subprocess.DEVNULL, env=shop.environment(AISLE_SERVE_THREADS=str(LOOPS), **settings))
        try:
            self.server = shop.Server(data, self.process)
        except BaseException:
            self.close()
            raise
        self.expected = {}

    def close(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(shop.PATIENCE)
        finally:
            self.process.kill()

    def ask(self, customer):
        host, port = self.server.address.rsplit(":", 1)
        sample = Sample(time.monotonic(), 0, customer, 0)
        connection = http.client.HTTPConnection(host, int(port), timeout=30)
        try:
            connection.request("GET", f"/recommend?customer_id={customer}&zip_code=10001&top_n={TOP_N}&dry_run=true")
            response = connection.getresponse()
            sample.status, answer = response.status, json.loads(response.read())
            sample.backend = answer["timings"]["backend"]
            sample.whys = tuple(entry["why"] for entry in answer["degraded"] if entry["what"] == "features")
            sample.late = {"what": "model", "why": "deadline"} in answer["degraded"]
            sample.shown = json.dumps(answer["recommendations"], sort_keys=True)
        except (OSError, ValueError, KeyError, http.client.HTTPException) as error:
            sample.shown = repr(error)
        finally:
            connection.close()
        sample.end = time.monotonic()
        return sample

    def learn(self):
        """What each customer is shown, while all is well: the same whoever answers."""
        self.expected = {customer: self.ask(customer).shown for customer in CUSTOMERS}

    def sockets_to(self, ports):
        """How many sockets of the server lead to one of the ports, and what other files it has open. Without those of event loops, of
        which the thread that fetches generations has one only while it is connected."""
        leads = {}
        for table in ("tcp", "tcp6", "unix"):
            for line in pathlib.Path("/proc/net", table).read_text().splitlines()[1:]:
                fields = line.split()
                inode, *what = (fields[6], "unix") if table == "unix" else (fields[9], fields[1], fields[2], fields[3])
                leads[inode] = (int(what[1].rsplit(":", 1)[1], 16) if table != "unix" else None, " ".join((table, *what)))
        there, loops, others = 0, 0, []
        for entry in pathlib.Path(f"/proc/{self.process.pid}/fd").iterdir():
            try:
                target = os.readlink(entry)
            except OSError:
                continue
            # A connection that the other side has torn down is in no table, but open.
            port, told = leads.get(target[8:-1], (None, target)) if target.startswith("socket:[") else (None, target)
            loops += told == "anon_inode:[eventpoll]"
            if port in ports:
                there += 1
            elif not told.startswith("anon_inode:"):
                others.append(told)
        assert loops <= LOOPS + 3, f"{loops} event loops: of requests, changes, generations and tokens there are {LOOPS + 3}"
        return there, sorted(others)


class Load:
    """Clients that ask for one customer after the other, and keep what they were told."""

    def __init__(self, served):
        self.served, self.samples, self.ending = served, [], threading.Event()
        self.threads = [threading.Thread(target=self.run, args=(seed,)) for seed in range(CLIENTS)]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.ending.set()
        for thread in self.threads:
            thread.join()

    def run(self, seed):
        order = random.Random(seed)
        while not self.ending.is_set():
            self.samples.append(self.served.ask(order.choice(CUSTOMERS)))
            time.sleep(0.005)

    def within(self, begin, end):
        return [sample for sample in list(self.samples) if sample.begin >= begin and sample.end <= end]

    def recovered(self, since):
        """When the first of some answers in a row by Postgres was asked for; None: not yet."""
        row = []
        for sample in sorted(self.within(since, time.monotonic()), key=lambda one: one.begin):
            row = row + [sample] if sample.backend == "postgres" else []
            if len(row) == IN_A_ROW:
                return row[0].begin
        return None


class Writer(threading.Thread):
    """A client that changes one customer after the other, which no answer shows before the next generation. `tried`: how often each
    was asked for, `acknowledged`: how often that was answered with 200."""

    def __init__(self, served):
        super().__init__()
        self.served, self.tried, self.acknowledged, self.statuses = served, collections.Counter(), collections.Counter(), collections.Counter()
        self.ending = threading.Event()

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.ending.set()
        self.join()

    def run(self):
        customers = list(range(CUSTOMERS.stop, CUSTOMERS.stop + 100))
        while not self.ending.is_set():
            for customer in customers:
                self.tried[customer] += 1
                try:
                    status = self.served.server.ask("PUT", f"/v1/customers/{customer}", json.dumps({"has_app": True}),
                                                    {"Content-Type": "application/json"})[0]
                except (OSError, ValueError, http.client.HTTPException):
                    status = 0
                self.statuses[status] += 1
                self.acknowledged[customer] += status == 200
                if self.ending.wait(0.02):
                    return


@dataclasses.dataclass
class Result:
    case: str
    requests: int = 0
    by_postgres: int = 0
    by_embedded: int = 0
    worst_ms: float = 0
    recovery_ms: float = 0
    changes: int = 0
    connections: str = ""

    def row(self):
        return (f"| {self.case} | {self.requests} | {self.by_postgres} | {self.by_embedded} | {self.changes} | {self.worst_ms:.0f} | {self.recovery_ms:.0f} | "
                f"{self.connections} |")


HEAD = ("| case | requests | answered by postgres | by embedded | changes acknowledged | worst, ms | recovery, ms | connections before / after |\n"
        "|---|---|---|---|---|---|---|---|")
