"""The frame that chaos_test's cases stand in: what is there, how a fault is lived through, and what must hold of every answer."""
import collections
import pathlib
import shutil
import subprocess
import tempfile
import time
import unittest

from fault_proxy import FaultProxy
import served
from served import shop

RESULTS = []


class Faults(unittest.TestCase):
    """One Postgres, one proxy before it and one `aisle serve`, for all cases of a class; and the frame of a case."""

    @classmethod
    def setUpClass(cls):
        cls.top = pathlib.Path(tempfile.mkdtemp(prefix="aisle-chaos-"))
        cls.addClassCleanup(shutil.rmtree, cls.top, ignore_errors=True)
        cls.top.chmod(0o755)
        cls.disk = served.Disk(cls.top / "disk")
        cls.addClassCleanup(cls.disk.close)
        cls.pg = served.Postgres(cls.disk.folder / "pg")
        cls.addClassCleanup(cls.pg.down)
        cls.make_authority()
        cls.data = cls.top / "data"
        shutil.copytree(shop.SHOP, cls.data)
        cls.direct = {"AISLE_POSTGRES_URL": cls.url(cls.pg.port), "AISLE_POSTGRES_ADMIN_PASSWORD_FILE": cls.pg.facts["password_file"]}
        for command in ("create", "load"):
            cls.must("store", command)
        cls.proxy = FaultProxy(("127.0.0.1", cls.pg.port))
        cls.addClassCleanup(cls.proxy.close)
        cls.serve = served.Served(cls.data, AISLE_SERVE_STORE="postgres", AISLE_POSTGRES_URL=cls.url(cls.proxy.port))
        cls.addClassCleanup(cls.serve.close)
        cls.serve.learn()

    @classmethod
    def url(cls, *ports, more=""):
        hosts = ",".join(f"127.0.0.1:{port}" for port in ports)
        return f"postgresql://{hosts}/postgres?sslrootcert={cls.trusted}{more}"

    @classmethod
    def must(cls, *arguments):
        code, out, err = shop.run(*arguments, data=cls.data, **cls.direct)
        assert code == 0, f"{arguments}: {err}"
        return out

    @classmethod
    def openssl(cls, *arguments):
        subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True, cwd=cls.tls)

    @classmethod
    def make_authority(cls):
        """Ours, which the server trusts as well as the one that postgres-dev made, and one that nobody trusts."""
        cls.tls = cls.top / "tls"
        cls.tls.mkdir()
        cls.key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
        for name in ("ours", "strangers"):
            cls.openssl("req", "-x509", *cls.key, "-days", 2, "-subj", f"/CN=chaos {name}", "-keyout", f"{name}.key", "-out", f"{name}.crt")
        cls.trusted = cls.tls / "trusted.crt"
        cls.trusted.write_text(pathlib.Path(cls.pg.facts["root_certificate"]).read_text() + (cls.tls / "ours.crt").read_text())

    def certificate(self, name, authority="ours", host="IP:127.0.0.1", days=2):
        (self.tls / "extensions").write_text(f"subjectAltName={host}\n")
        self.openssl("req", *self.key, "-subj", f"/CN={name}", "-keyout", f"{name}.key", "-out", f"{name}.csr")
        self.openssl("x509", "-req", "-in", f"{name}.csr", "-CA", f"{authority}.crt", "-CAkey", f"{authority}.key", "-days", days,
                     "-set_serial", 7, "-extfile", "extensions", "-out", f"{name}.crt")
        return name

    def endure(self, begin, end, rung, during=None, after=None, serve=None, proxies=None, readers=None, seconds=None, log_stays=True):
        """`rung`: who answers while it lasts; None: whichever can. `during` is done over and over meanwhile, `after` once the
        counts are taken and before the next repeat. `log_stays`: the fault does not take the log of changes with it."""
        serve, proxies = serve or self.serve, proxies or [self.proxy]
        readers = readers or self.pg.readers
        result = served.Result(self.id().rsplit("test_", 1)[1].replace("_", " "))
        for _ in range(served.REPEATS):
            with served.Load(serve) as load:
                start = time.monotonic()
                shop.wait_until(lambda: load.recovered(start), "Postgres answers before the fault", 60)
            before = self.connections(serve, proxies, readers)
            held = self.held()
            with served.Writer(serve) as writer, served.Load(serve) as load:
                try:
                    begin()
                    since = time.monotonic()
                    self.hold(load, since, during, seconds)
                    until = time.monotonic()
                finally:
                    end()
                ended = time.monotonic()
                first = shop.wait_until(lambda: load.recovered(ended), "Postgres answers again", served.RECOVERY_S)
            # What a standby that was promoted had not got is lost, acknowledged or not: it was not waited for.
            if serve is self.serve and log_stays:
                self.judge_changes(writer, held)
            after_it = self.connections(serve, proxies, readers, before[1])
            self.judge(load.samples, load.within(since, until), rung, serve)
            self.assertLessEqual(after_it[0], served.CONNECTIONS_MAX)
            result.requests += len(load.samples)
            result.changes += writer.acknowledged.total()
            result.by_postgres += sum(sample.backend == "postgres" for sample in load.samples)
            result.by_embedded += sum(sample.backend == "embedded" for sample in load.samples)
            result.worst_ms = max(result.worst_ms, *(sample.ms for sample in load.samples))
            result.recovery_ms = max(result.recovery_ms, (first - ended) * 1000)
            result.connections = f"{before[0]} / {after_it[0]}"
            if after:
                after()
        RESULTS.append(result)

    def held(self):
        """How many changes of each customer the database has."""
        rows = self.pg.ask("SELECT key, count(*) FROM aisle.writes WHERE kind = 'customer' GROUP BY key").splitlines()
        return collections.Counter({int(key): int(count) for key, count in (row.split("|") for row in rows)})

    def judge_changes(self, writer, before):
        """Each that was acknowledged is there; what was refused, or not answered, may be, and nothing more than was asked for."""
        self.assertTrue(set(writer.statuses) <= {200, 503}, writer.statuses)
        # Over a connection that is lost without a word a change waits for five seconds, which may be all that it has.
        if "half_open" not in self.id():
            self.assertGreater(writer.acknowledged.total(), 0, writer.statuses)
        after = self.held()
        for customer, tried in writer.tried.items():
            came = after[customer] - before[customer]
            self.assertTrue(writer.acknowledged[customer] <= came <= tried,
                            f"customer {customer}: {came} changes are there, {writer.acknowledged[customer]} of {tried} were acknowledged")

    @staticmethod
    def hold(load, since, during, seconds):
        end = since + (seconds or served.SECONDS)
        while time.monotonic() < end or len(load.within(since, time.monotonic())) < served.MINIMUM:
            if during:
                during()
            time.sleep(0.05)
            assert time.monotonic() < end + shop.PATIENCE, "hardly anything is answered during the fault"

    def connections(self, serve, proxies, readers, files=None):
        """The server's connections to Postgres, by its own count, by Postgres' and by the proxy's, and its other open files: when
        all agree, and stay so, and the files are as many as before."""
        ports = {proxy.port for proxy in proxies}
        look = lambda: (*serve.sockets_to(ports), readers(), sum(len(proxy.pairs) for proxy in proxies))
        found = []

        def settled():
            found.append(look())
            mine, others, theirs, between = found[-1]
            return mine == theirs == between and len(others) == len(files or others) and found[-2:] == [found[-1]] * 2
        try:
            shop.wait_until(settled, "", 30)
        except AssertionError:
            mine, others, theirs, between = found[-1]
            self.fail(f"somebody has lost a connection or a file: the server has {mine} connections, Postgres {theirs}, the proxy {between}; "
                      f"other files of the server, {others}; before, {files or 'unknown'}")
        return found[-1][:2]

    def judge(self, samples, during, rung, serve):
        for sample in samples:
            self.assertEqual(sample.status, 200, sample)
            self.assertIn(sample.backend, ("postgres", "embedded"), sample)
            self.assertTrue(set(sample.whys) <= served.WHYS, sample.whys)
            self.assertEqual(sample.backend == "embedded", bool(sample.whys), "an answer of the second rung says so")
            if not sample.late:
                self.assertEqual(sample.shown, serve.expected[sample.customer], f"another answer by {sample.backend}")
            self.assertLess(sample.ms, served.CLIENT_DEADLINE_MS)
        # On a busy machine a request that has lost half its time to a store that hangs may be late in the end.
        late = sum(sample.late for sample in samples)
        self.assertLessEqual(late, max(1, 0.02 * len(samples)))
        if late:
            print(f"{self.id()}: {late} of {len(samples)} answers were too late for the model, and said so")
        self.assertGreaterEqual(len(during), served.MINIMUM)
        told = [sample.backend for sample in during]
        if rung == "embedded":
            self.assertEqual(set(told), {"embedded"})
        if rung == "postgres":
            # On a busy machine one may come too late without any fault.
            self.assertGreaterEqual(told.count("postgres"), 0.8 * len(told), [sample.whys for sample in during])
