"""tools/postgres-dev gives a real Postgres of one's own, whoever asks, and mends what a kill left."""
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import unittest

import shop

SCRIPT = shop.ROOT / "tools/postgres-dev"
PSQL = "/usr/lib/postgresql/15/bin/psql"


def dev(*arguments, **more):
    done = subprocess.run([SCRIPT, *map(str, arguments)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          timeout=shop.PATIENCE, stdin=subprocess.DEVNULL, **more)
    return done.returncode, done.stdout, done.stderr


def processes_in(folder):
    """Whose working directory lies there: a server, and what it started."""
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and pathlib.Path(os.readlink(entry / "cwd")).is_relative_to(folder):
                found.append(int(entry.name))
        except OSError:
            pass
    return found


class PostgresDev(unittest.TestCase):
    def setUp(self):
        top = pathlib.Path(tempfile.mkdtemp(prefix="aisle-pg-"))
        self.addCleanup(shutil.rmtree, top, ignore_errors=True)
        top.chmod(0o755)
        self.folder = top / "pg"
        self.addCleanup(lambda: self.folder.exists() and dev("down", self.folder))

    def up(self, *more):
        code, out, err = dev("up", self.folder, *more)
        self.assertEqual(code, 0, err)
        return dict(line.split("=", 1) for line in out.splitlines())

    def ask(self, facts, sql="SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()", **more):
        where = {"PGHOST": facts["host"], "PGPORT": facts["port"], "PGUSER": facts["user"], "PGDATABASE": facts["database"],
                 "PGPASSWORD": pathlib.Path(facts["password_file"]).read_text().strip(), "PGSSLMODE": "verify-full",
                 "PGSSLROOTCERT": facts["root_certificate"], **more}
        done = subprocess.run([PSQL, "-XAt", "-c", sql], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                              env={**os.environ, **where}, timeout=shop.PATIENCE)
        return done.stdout.strip() if done.returncode == 0 else done.stderr

    def test_up_and_down_as_often_as_one_likes(self):
        facts = self.up()
        self.assertEqual(self.ask(facts), "t")
        self.assertEqual(self.ask(facts, PGHOST="localhost"), "t")
        self.assertEqual(self.ask(facts, PGHOST=facts["socket_dir"], PGSSLMODE="prefer"), "f")
        self.assertEqual(self.up(), facts)
        self.assertEqual(self.ask(facts, "CREATE TABLE kept AS SELECT 1"), "SELECT 1")
        self.assertEqual(dev("down", self.folder)[:2], (0, "stopped\n"))
        self.assertEqual(processes_in(self.folder), [])
        self.assertEqual(dev("down", self.folder)[:2], (0, "nothing runs\n"))
        again = self.up()
        self.assertEqual(again, facts)
        self.assertEqual(self.ask(again, "SELECT count(*) FROM kept"), "1")

    def test_nobody_comes_in_without_tls_password_or_from_outside(self):
        facts = self.up()
        self.assertIn("no encryption", self.ask(facts, PGSSLMODE="disable"))
        self.assertIn("password authentication failed", self.ask(facts, PGPASSWORD="guess"))
        self.assertIn("password authentication failed",
                      self.ask(facts, PGPASSWORD="guess", PGHOST=facts["socket_dir"], PGSSLMODE="prefer"))
        self.assertIn("certificate verify failed", self.ask(facts, PGSSLROOTCERT="/etc/ssl/certs/ca-certificates.crt")
                      if pathlib.Path("/etc/ssl/certs/ca-certificates.crt").exists() else "certificate verify failed")
        self.assertEqual(self.ask(facts, "SHOW listen_addresses"), "127.0.0.1")
        self.assertEqual(os.stat(facts["password_file"]).st_mode & 0o777, 0o600)
        password = pathlib.Path(facts["password_file"]).read_text().strip()
        for file in self.folder.glob("*"):
            if file.is_file() and str(file) != facts["password_file"]:
                self.assertNotIn(password, file.read_text(), file)
        if os.geteuid() == 0:
            self.assertEqual((self.folder / "data").owner(), "postgres")

    def test_a_killed_server_and_a_number_that_belongs_to_somebody_else_now(self):
        facts = self.up()
        self.assertEqual(self.ask(facts, "CREATE TABLE kept AS SELECT 1"), "SELECT 1")
        pid_file = self.folder / "data/postmaster.pid"
        os.kill(int(pid_file.read_text().split()[0]), signal.SIGKILL)
        shop.wait_until(lambda: not processes_in(self.folder), "the server's children end")
        self.assertEqual(dev("down", self.folder)[:2], (0, "nothing runs\n"))
        other = subprocess.Popen(["sleep", "600"], **({"user": "postgres"} if os.geteuid() == 0 else {}))
        self.addCleanup(lambda: (other.kill(), other.wait()))
        pid_file.write_text("\n".join([str(other.pid), *pid_file.read_text().split("\n")[1:]]))
        self.assertEqual(dev("down", self.folder)[:2], (0, "nothing runs\n"))
        self.assertEqual(self.ask(self.up(), "SELECT count(*) FROM kept"), "1")
        self.assertIsNone(other.poll())

    def test_an_interrupted_first_time_is_made_again(self):
        self.folder.mkdir()
        (self.folder / "lock").touch()
        (self.folder / "data.new/base").mkdir(parents=True)
        (self.folder / "tls.new").mkdir()
        self.assertEqual(self.ask(self.up()), "t")

    def test_what_it_refuses_it_refuses_in_words(self):
        (self.folder / "mine").mkdir(parents=True)
        code, _, err = dev("up", self.folder)
        self.assertEqual((code, "holds other things" in err), (1, True), err)
        self.assertIn("no directory that", dev("down", self.folder)[2])
        self.assertIn("too long", dev("up", self.folder.parent / ("x" * 90))[2])
        self.assertEqual(dev("up", self.folder, "--port", "80")[0], 2)
        self.folder.parent.chmod(0o700)
        if os.geteuid() == 0:
            self.assertIn("chmod o+x", dev("up", self.folder.parent / "other")[2])

    def test_a_port_that_is_taken(self):
        facts = self.up()
        second = self.folder.parent / "second"
        self.addCleanup(lambda: dev("down", second))
        code, _, err = dev("up", second, "--port", facts["port"])
        self.assertEqual((code, "Address already in use" in err), (1, True), err)
        self.assertEqual(processes_in(second), [])
        self.assertEqual(dev("up", second)[0], 0)
        self.assertIn("runs already", dev("up", second, "--port", facts["port"])[2])

    def test_somebody_who_is_not_root(self):
        if os.geteuid() != 0:
            self.skipTest("the other tests ran as somebody who is not root")
        self.folder.mkdir()
        shutil.chown(self.folder, "nobody")
        as_nobody = {"user": "nobody", "group": "nogroup", "extra_groups": []}
        script = self.folder.parent / "tools"
        shutil.copytree(shop.ROOT / "tools", script)
        code = subprocess.run([script / "postgres-dev", "up", self.folder], stdout=subprocess.PIPE, text=True, **as_nobody)
        self.assertEqual(code.returncode, 0)
        self.assertEqual(self.ask(dict(line.split("=", 1) for line in code.stdout.splitlines())), "t")
        self.assertEqual((self.folder / "data").owner(), "nobody")


if __name__ == "__main__":
    shop.main()
