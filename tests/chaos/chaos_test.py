"""`aisle serve` over a Postgres that misbehaves in every way we could name: every request is answered in time, by the right rung,
with the same answer; no connection is lost; and Postgres answers again within seconds of the fault's end.

The short form runs in every check. AISLE_CHAOS_RESULTS=FILE makes it the long one, and has the table of results for
bench/RESULTS.md; AISLE_CHAOS_SECONDS, _REPEATS and _CLIENTS say how long, how often and under how many clients."""
import os
import pathlib
import shutil
import signal
import socket
import struct
import subprocess
import unittest

from fault_proxy import Fault, FaultProxy, Way
from faults import RESULTS, Faults
import served
from served import BIN, shop


def setUpModule():
    if not (BIN / "psql").exists():
        raise unittest.SkipTest("Debian's postgresql-15 is not installed")


def tearDownModule():
    if not RESULTS:
        return
    table = "\n".join([served.HEAD, *(result.row() for result in RESULTS)])
    print(f"\n{len(RESULTS)} cases, each fault held for {served.SECONDS} s, {served.REPEATS} time(s), under {served.CLIENTS} clients, "
          f"{served.LOOPS} event loops:\n\n{table}\n")
    if served.RESULTS:
        pathlib.Path(served.RESULTS).write_text(table + "\n")


class Chaos(Faults):
    # What the network does.
    def network(self, fault, rung, reset=False, **more):
        def begin():
            self.proxy.fault = fault
            if reset:
                self.proxy.reset_all()

        def end():
            self.proxy.fault = Fault()
        self.endure(begin, end, rung, **more)

    def test_no_accept(self):
        self.network(Fault(accepts=False), "embedded", reset=True)

    def test_refused(self):
        self.network(Fault(refuses=True), "embedded", reset=True)

    def test_reset(self):
        self.network(Fault(), None, during=self.proxy.reset_all)

    def test_closed_at_what_the_client_says(self):
        self.network(Fault(to_server=Way(close_on_data=True)), "embedded")

    def test_closed_at_what_the_server_says(self):
        self.network(Fault(to_client=Way(close_on_data=True)), "embedded")

    def test_closed_while_idle(self):
        self.network(Fault(), None, during=self.proxy.close_all)

    def test_short_delay(self):
        self.network(Fault(to_server=Way(delay_s=0.01), to_client=Way(delay_s=0.01)), "postgres")

    def test_delay_to_the_server(self):
        self.network(Fault(to_server=Way(delay_s=0.4)), "embedded")

    def test_delay_to_the_client(self):
        self.network(Fault(to_client=Way(delay_s=0.4)), "embedded")

    def test_bandwidth_to_the_server(self):
        self.network(Fault(to_server=Way(bytes_per_s=200)), "embedded")

    def test_bandwidth_to_the_client(self):
        self.network(Fault(to_client=Way(bytes_per_s=500)), "embedded")

    def test_sliced_to_the_server(self):
        self.network(Fault(to_server=Way(slice_bytes=3)), "postgres")

    def test_sliced_to_the_client(self):
        self.network(Fault(to_client=Way(slice_bytes=7)), "postgres")

    def test_cut_after_some_bytes_to_the_server(self):
        self.network(Fault(to_server=Way(limit_bytes=60)), "embedded")

    def test_cut_after_some_bytes_to_the_client(self):
        self.network(Fault(to_client=Way(limit_bytes=100)), "embedded")

    def test_corrupted_to_the_server(self):
        self.network(Fault(to_server=Way(corrupt=True)), "embedded")

    def test_corrupted_to_the_client(self):
        self.network(Fault(to_client=Way(corrupt=True)), "embedded")

    def test_stalled(self):
        self.network(Fault(to_server=Way(stall=True), to_client=Way(stall=True)), "embedded")

    def test_half_open(self):
        self.endure(self.proxy.lose_servers, lambda: None, None)

    def test_slow_close(self):
        def begin():
            self.proxy.fault = Fault(close_delay_s=1)
            self.pg.cut_readers()

        def end():
            self.proxy.fault = Fault()
        self.endure(begin, end, None)

    def test_connection_storm(self):
        storm = []

        def knock():
            """One that says who it is and then nothing: it has its place until the server is tired of waiting."""
            client = socket.socket(socket.AF_UNIX)
            client.connect(f"{self.pg.facts['socket_dir']}/.s.PGSQL.{self.pg.port}")
            words = b"user\0postgres\0database\0postgres\0\0"
            client.sendall(struct.pack("!ii", 8 + len(words), 196608) + words)
            storm.append(client)
            return client.recv(100)

        def begin():
            self.proxy.fault = Fault(refuses=True)
            self.proxy.reset_all()
            shop.wait_until(lambda: self.pg.readers() == 0, "the readers' places are free")
            shop.wait_until(lambda: b"too many clients" in knock(), "the server is full")
            self.proxy.fault = Fault()

        def end():
            self.proxy.fault = Fault()
            for client in storm:
                client.close()
            storm.clear()
            # Its processes end when they look.
            shop.wait_until(lambda: self.pg.psql("SELECT 1").returncode == 0, "the server lets somebody in")
        self.endure(begin, end, "embedded")

    # What happens to the server.
    def test_server_restart(self):
        self.endure(self.pg.down, self.pg.up, "embedded")

    def test_backend_killed(self):
        def kill():
            pid = self.pg.ask("SELECT min(pid) FROM pg_stat_activity WHERE usename = 'aisle_reader'")
            os.kill(int(pid), signal.SIGKILL)
        # All others are ended with it, and the server recovers as after a crash.
        self.endure(kill, lambda: shop.wait_until(lambda: self.pg.psql("SELECT 1").returncode == 0, "the server recovers"), None)

    def test_postmaster_killed(self):
        def kill():
            os.kill(self.pg.postmaster(), signal.SIGKILL)
            shop.wait_until(self.pg.is_gone, "the server's children end")
        self.endure(kill, self.pg.up, "embedded")

    def test_statement_time_out(self):
        locker = None

        def begin():
            nonlocal locker
            self.pg.ask("ALTER ROLE aisle_reader SET statement_timeout = '20ms'")
            locker = subprocess.Popen([BIN / "psql", "-XAtq"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                      env=self.pg.environment())
            locker.stdin.write("BEGIN; LOCK TABLE aisle.customer_features IN ACCESS EXCLUSIVE MODE; SELECT 'locked';\n")
            locker.stdin.flush()
            self.assertEqual(locker.stdout.readline(), "locked\n")
            self.pg.cut_readers()

        def end():
            locker.communicate("COMMIT;\n", timeout=shop.PATIENCE)
            self.pg.ask("ALTER ROLE aisle_reader RESET statement_timeout")
            self.pg.cut_readers()
        self.endure(begin, end, "embedded")

    def test_prepared_statements_lost(self):
        def begin():
            # Reading a row of this table makes the session forget all that it had prepared.
            self.pg.ask("""CREATE SCHEMA forgetful; CREATE SEQUENCE forgetful.times;
              CREATE FUNCTION forgetful.forget() RETURNS boolean LANGUAGE plpgsql AS $$
                BEGIN PERFORM nextval('forgetful.times'); DEALLOCATE ALL; RETURN true; END $$;
              GRANT USAGE ON SCHEMA forgetful TO aisle_reader; GRANT USAGE ON SEQUENCE forgetful.times TO aisle_reader;
              CREATE POLICY forgetful ON aisle.aisle_meta TO aisle_reader USING (forgetful.forget());
              ALTER TABLE aisle.aisle_meta ENABLE ROW LEVEL SECURITY""")

        def end():
            self.assertGreater(int(self.pg.ask("SELECT last_value FROM forgetful.times")), served.MINIMUM)
            self.pg.ask("""ALTER TABLE aisle.aisle_meta DISABLE ROW LEVEL SECURITY; DROP POLICY forgetful ON aisle.aisle_meta;
              DROP SCHEMA forgetful CASCADE""")
        self.endure(begin, end, "postgres")
        self.assertIn("does not exist", (self.pg.folder / "server.log").read_text(), "nothing was lost")

    def test_schema_dropped(self):
        def restore():
            self.must("store", "create")
            self.must("store", "load")
        self.endure(lambda: self.pg.ask("DROP SCHEMA aisle CASCADE"), restore, "embedded", log_stays=False)

    def fill_the_disk(self):
        # A segment of the log that is begun and whole: what is written while the disk is full fits in.
        self.pg.ask("SELECT pg_switch_wal(); CREATE TABLE public.small (); DROP TABLE public.small; CHECKPOINT")
        self.disk.fill()

    def test_disk_full_on_the_server(self):
        # It reads on.
        if self.disk.why_not:
            self.skipTest(f"NO DISK WAS FILLED: {self.disk.why_not}")
        grow = "CREATE UNLOGGED TABLE public.big AS SELECT repeat('x', 500) FROM generate_series(1, 200000)"

        def begin():
            self.fill_the_disk()
            refused = self.pg.psql(grow).stderr
            self.assertIn("No space left", refused)

        def end():
            self.disk.empty()
            self.pg.ask(f"{grow} LIMIT 1000; DROP TABLE public.big")
        self.endure(begin, end, "postgres")

    def test_disk_full_and_the_server_ends(self):
        # It has no room for its log, and stays away until somebody makes room and starts it.
        if self.disk.why_not:
            self.skipTest(f"NO DISK WAS FILLED: {self.disk.why_not}")

        def begin():
            self.fill_the_disk()
            # Each fills a segment with nothing.
            shop.wait_until(lambda: self.pg.psql("SELECT pg_switch_wal(), pg_logical_emit_message(true, 'chaos', 'x')").returncode and
                            self.pg.is_gone(), "it meets the end of the disk")

        def end():
            self.disk.empty()
            self.pg.up()
        self.endure(begin, end, "embedded")

    def test_permission_revoked(self):
        self.endure(lambda: self.pg.ask("REVOKE SELECT ON aisle.customer_features FROM aisle_reader"),
                    lambda: self.pg.ask("GRANT SELECT ON aisle.customer_features TO aisle_reader"), "embedded")

    def test_login_revoked(self):
        def begin():
            self.pg.ask("ALTER ROLE aisle_reader NOLOGIN")
            self.proxy.reset_all()
        self.endure(begin, lambda: self.pg.ask("ALTER ROLE aisle_reader LOGIN"), "embedded")

    def test_password_changed(self):
        kept = self.pg.ask("SELECT rolpassword FROM pg_authid WHERE rolname = 'aisle_reader'")

        def begin():
            self.pg.ask("ALTER ROLE aisle_reader PASSWORD 'another'")
            self.proxy.reset_all()
        self.endure(begin, lambda: self.pg.ask(f"ALTER ROLE aisle_reader PASSWORD '{kept}'"), "embedded")

    def with_certificate(self, name):
        folder = self.pg.folder / "tls"
        kept = {part: (folder / f"server.{part}").read_text() for part in ("crt", "key")}
        shown = lambda: subprocess.run(["openssl", "s_client", "-starttls", "postgres", "-connect", f"127.0.0.1:{self.pg.port}"],
                                       stdin=subprocess.DEVNULL, capture_output=True, text=True).stdout

        def put(parts):
            for part, text in parts.items():
                (folder / f"server.{part}").write_text(text)
            wanted = "".join(parts["crt"].split())
            self.pg.ask("SELECT pg_reload_conf()")
            shop.wait_until(lambda: wanted[30:-30] in "".join(shown().split()), "the server shows the other certificate")
            self.proxy.reset_all()
        self.endure(lambda: put({part: (self.tls / f"{name}.{part}").read_text() for part in kept}), lambda: put(kept), "embedded")

    def test_certificate_of_another_authority(self):
        self.with_certificate(self.certificate("another", authority="strangers"))

    def test_certificate_of_another_host(self):
        self.with_certificate(self.certificate("elsewhere", host="DNS:db.example.com"))

    def test_certificate_expired(self):
        self.with_certificate(self.certificate("expired", days=-1))

    def test_another_generation(self):
        def begin():
            at = self.serve.ask(1000000)
            self.must("publish")
            shop.wait_until(lambda: self.serve.ask(1000000).whys == ("another generation",), "the new one is served")
            self.assertEqual(at.whys, ())

        def end():
            # It is nobody's failure.
            ready = self.serve.server.get("/readyz")[2]
            self.assertNotIn("degraded", ready)
            self.assertEqual([store["breaker"] for store in ready["stores"]], ["closed", "closed"])
            self.must("store", "sync")
        self.endure(begin, end, "embedded")

    # Two hosts: a primary and its standby, which is promoted.
    def test_failover(self):
        self.pg.ask("SELECT 1")
        hba = self.pg.folder / "data/pg_hba.conf"
        kept = hba.read_text()
        if "replication" not in kept:
            hba.write_text(kept + "local replication all scram-sha-256\n")
            self.pg.ask("SELECT pg_reload_conf()")
        for _ in range(served.REPEATS):
            self.fail_over()

    def fail_over(self):
        folder = self.top / f"standby-{len(list(self.top.glob('standby-*')))}"
        folder.mkdir()
        if os.geteuid() == 0:
            shutil.chown(folder, "postgres", "postgres")
        data = folder / "data"
        control = lambda *command: subprocess.run([BIN / "pg_ctl", "--pgdata", data, "--wait", *command], check=True, **served.as_postgres(),
                                                  stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL, cwd=folder)
        subprocess.run([BIN / "pg_basebackup", "--pgdata", data, "--write-recovery-conf", "--wal-method", "stream", "--checkpoint", "fast"],
                       check=True, env=self.pg.environment(), cwd=folder, **served.as_postgres())
        with socket.create_server(("127.0.0.1", 0)) as probe:
            port = probe.getsockname()[1]
        control("start", "--log", folder / "log", "--options", f"-c port={port} -c unix_socket_directories={folder}")
        where = {"port": port, "socket_dir": str(folder)}
        shop_copy = self.top / f"shop-of-{folder.name}"
        shutil.copytree(self.data, shop_copy, ignore=shutil.ignore_patterns("run"))
        try:
            with FaultProxy(("127.0.0.1", self.pg.port)) as first, FaultProxy(("127.0.0.1", port)) as second:
                serve = served.Served(shop_copy, AISLE_SERVE_STORE="postgres",
                                      AISLE_POSTGRES_URL=self.url(first.port, second.port, more="&target_session_attrs=read-write"))
                try:
                    serve.learn()
                    self.fail_over_under(serve, [first, second], control, where)
                finally:
                    serve.close()
        finally:
            control("stop", "--mode", "immediate")
            self.pg.up()

    def fail_over_under(self, serve, proxies, control, where):
        def kill():
            os.kill(self.pg.postmaster(), signal.SIGKILL)
            shop.wait_until(self.pg.is_gone, "the primary's children end")

        def readers():
            # Those of the other server are not ours.
            return self.pg.readers() - len(self.proxy.pairs) if not self.pg.is_gone() else self.pg.readers(**where)
        repeats, served.REPEATS = served.REPEATS, 1
        try:
            self.endure(kill, lambda: control("promote"), "embedded", serve=serve, proxies=proxies, readers=readers)
        finally:
            served.REPEATS = repeats


if __name__ == "__main__":
    unittest.main(verbosity=2)
