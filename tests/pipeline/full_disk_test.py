"""A full disk, wherever something is written: said in words, the old generation serves, and once there is room the next
run succeeds and nothing is left of the one that failed.

The disks are small ones in memory, in a world of mounts of this test's own that goes with it: that takes root. Each job
meets them full at several moments: it is run again and again with a little more room, until it succeeds."""
import contextlib
import errno
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time
import unittest

import shop
from postgres_dev_test import PSQL
from postgres_shop import Machine
from random_kills_test import Reader

OF_ITS_OWN = "AISLE_TEST_MOUNTS"
KIB = 1024


def may_mount():
    """Whether this process may, in a world of mounts of its own."""
    probe = ["unshare", "--mount", "sh", "-c", "mount -t tmpfs none /mnt"]
    return os.geteuid() == 0 and subprocess.run(probe, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0


def size_of(folder):
    return sum(path.stat().st_blocks * 512 for path in pathlib.Path(folder).rglob("*") if path.is_file())


class Disk:
    """A disk of so many bytes, mounted at a folder."""

    def __init__(self, folder, size_bytes, mode="755"):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size_bytes},mode={mode}", "none", str(folder)], check=True)
        self.ballast = self.folder / "ballast"

    def leave(self, free_bytes):
        """Fills it up to so many bytes, or a little less where a server that writes meanwhile was faster."""
        for _ in range(100):
            self.ballast.unlink(missing_ok=True)
            there = os.statvfs(self.folder)
            try:
                with self.ballast.open("wb") as file:
                    os.posix_fallocate(file.fileno(), 0, max(1, there.f_bavail * there.f_frsize - free_bytes))
                return
            except OSError as error:
                if error.errno != errno.ENOSPC:
                    raise
        raise AssertionError(f"{self.folder} does not stand still: {there}")

    def empty(self):
        self.ballast.unlink(missing_ok=True)

    def unmount(self):
        subprocess.run(["umount", "--lazy", str(self.folder)], check=True)


class OnSmallDisks(shop.ShopTest):
    def setUp(self):
        super().setUp()
        self.folder.chmod(0o755)

    def disk(self, name, size_bytes):
        disk = Disk(self.folder / name, size_bytes)
        self.addCleanup(disk.unmount)
        return disk

    def fails_until_there_is_room(self, disk, command, rooms, succeeds_as, check, exit_codes=(4,)):
        """How many runs failed: each with one line that says why, and `check` holds after each."""
        failed = 0
        for room in rooms:
            disk.leave(room)
            code, out, err = shop.run(*command, data=self.data)
            if code == 0:
                break
            said = [line for line in err.splitlines() if line.startswith("aisle ")]
            self.assertEqual((len(said), code in exit_codes), (1, True), f"{command}, {room} bytes left: {code} {err}")
            self.assertRegex(said[0], "No space left on device|no space left|disk is full", room)
            failed += 1
            check()
        self.assertGreater(failed, 1, command)
        disk.empty()
        self.must(*succeeds_as)
        return failed

    def staged(self):
        return [str(path) for path in self.data.rglob("*") if path.name.startswith(".staging-")]

    def problems(self):
        """But the one that the disk of this test is small."""
        return [problem for problem in self.status()["problems"] if not re.search(r"MB (are )?left", problem)]

    @contextlib.contextmanager
    def read(self):
        """A server that answers all along; every answer is of one generation, whole."""
        with self.serving() as server:
            reader = Reader(server)
            reader.start()
            try:
                yield server
            finally:
                reader.end()
        self.assertEqual(reader.wrong[:3], [])


@unittest.skipUnless(os.environ.get(OF_ITS_OWN), "a full disk while something is written: not root, or no mounts here")
class FullDisk(OnSmallDisks):
    def shop_on_a_disk(self):
        """The published shop, on a disk with as much room again."""
        disk = self.disk("disk", 3 * size_of(shop.SHOP))
        self.data = disk.folder / "data"
        self.copy_shop()
        return disk

    def test_publishing(self):
        disk = self.shop_on_a_disk()
        with self.read() as server:
            def old_one_serves():
                self.assertEqual((self.answer(server)["generation"], self.staged()), (1, []))
                self.assertEqual((self.data / "serving" / "CURRENT").read_text().strip(), "1")
            size = size_of(self.data / "serving")
            rooms = [0, 4 * KIB, 40 * KIB, *(int(size * share) for share in (0.1, 0.3, 0.5, 0.7, 0.9, 0.97, 1.5))]
            failed = self.fails_until_there_is_room(disk, ("publish", "--as-of", "2026-11-19"), rooms, ("publish", "--as-of", "2026-11-19"),
                                                    old_one_serves)
            newest = self.status()["generation"]["generation"]
            self.assertGreater(newest, 1)
            shop.wait_until(lambda: self.answer(server)["generation"] == newest, "the new one is served")
        print(f"publish met a full disk {failed} times", file=sys.stderr)
        self.assertEqual((self.staged(), self.problems()), ([], []))

    def tables(self):
        return json.loads(self.must("sql", "--json", "SELECT (SELECT count(*) FROM raw.event_stream) AS events, (SELECT max(finished_at) "
                         "FROM gold.refresh_history) AS refreshed, (SELECT sum(hash(p)) FROM gold.customer_propensity AS p) AS scores"))

    def test_summing_up_and_scoring(self):
        disk = self.shop_on_a_disk()
        for command in (("refresh", "--as-of", "2026-11-19"), ("score", "--as-of", "2026-11-19")):
            before, found = self.tables(), []

            def look():
                disk.empty()
                found.append(self.tables())
            rooms = (0, 16 * KIB, 256 * KIB, 1024 * KIB, 4096 * KIB, 16384 * KIB, 65536 * KIB)
            failed = self.fails_until_there_is_room(disk, command, rooms, command, look)
            print(f"{command[0]} met a full disk {failed} times", file=sys.stderr)
            after = self.tables()
            self.assertNotEqual(after["scores" if command[0] == "score" else "refreshed"], before["scores" if command[0] == "score" else "refreshed"])
            # As they were, or all new: a disk that is full when the log of a commit goes into the file does not undo it. Nothing in between.
            self.assertEqual({tables["scores"] for tables in found} - {before["scores"], after["scores"]}, set())
            self.assertEqual({tables["events"] for tables in found}, {before["events"]})
        self.must("publish", "--as-of", "2026-11-19")
        self.assertEqual(self.status()["failed_jobs"], [])

    def test_importing(self):
        disk = self.disk("disk", 64 * 1024 * KIB)
        self.data = disk.folder / "data"
        files = self.folder / "files"
        shutil.copytree(shop.ROOT / "config/mappings/corner_shop", files)
        with (files / "orders.csv").open("a") as orders:
            orders.writelines(f"B{i};1;2025-01-11 18:30:00;anton;soap;1;2.00;n/a\n" for i in range(100_000))
        self.must("init")
        def nothing_came_in():
            disk.empty()
            self.assertIsNone(self.status()["raw"])
        command = ("import", str(files / "mapping.toml"))
        rooms = (0, 64 * KIB, 512 * KIB, 2048 * KIB, 4096 * KIB, 65536 * KIB)
        failed = self.fails_until_there_is_room(disk, command, rooms, command, nothing_came_in)
        print(f"import met a full disk {failed} times", file=sys.stderr)
        self.assertEqual(self.problems(), [])


@unittest.skipUnless(os.environ.get(OF_ITS_OWN), "a full disk of Postgres: not root, or no mounts here")
@unittest.skipUnless(pathlib.Path(PSQL).exists(), "Debian's postgresql-15 is not installed")
class FullDiskOfPostgres(OnSmallDisks):
    def ask(self, sql):
        done = subprocess.run([PSQL, "-XAtq", "-v", "ON_ERROR_STOP=1", "-c", sql], text=True, capture_output=True, timeout=shop.PATIENCE,
                              env={**os.environ, "PGHOST": self.facts["host"], "PGPORT": self.facts["port"], "PGUSER": "postgres",
                                   "PGDATABASE": self.facts["database"], "PGSSLMODE": "verify-full",
                                   "PGSSLROOTCERT": self.facts["root_certificate"],
                                   "PGPASSWORD": pathlib.Path(self.facts["password_file"]).read_text().strip()})
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout.strip()

    def begin(self):
        """The published shop, and a Postgres that it is served from."""
        self.copy_shop()
        server = self.folder / "server"
        self.facts = json.loads(self.must("store", "dev-up", str(server), "--json"))
        self.addCleanup(shop.run, "store", "dev-down", str(server), data=self.folder / "none")
        (self.data / "aisle.toml").write_text(f'[postgres]\nurl = "{self.facts["url"]}"\nadmin_password_file = '
                                              f'"{self.facts["password_file"]}"\n[serve]\nstore = "postgres"\n')

    def test_fetching(self):
        self.begin()
        for command in ("create", "load"):
            self.must("store", command)
        disk = self.disk("elsewhere", 64 * 1024 * KIB)
        other = Machine(disk.folder / "data")
        other.data.mkdir()
        (other.data / "aisle.toml").write_text(f'[postgres]\nurl = "{self.facts["url"]}"\nreader_password_file = '
                                               f'"{self.data}/postgres/aisle_reader.password"\n[serve]\nstore = "postgres"\n')
        with other.serving() as server:
            self.assertEqual(self.answer(server)["generation"], 1)
            disk.leave(0)
            self.must("publish", "--as-of", "2026-11-19")
            self.must("store", "load")
            time.sleep(3)  # For the first try; the next one comes after ten seconds.
            self.assertEqual(self.answer(server)["generation"], 1)
            disk.empty()
            shop.wait_until(lambda: self.answer(server)["timings"]["backend"] == "postgres", "the new one is fetched and served")
            self.assertEqual(self.answer(server)["generation"], 2)
        self.assertIn("generation 2 cannot be fetched from Postgres: ", other.server_said)
        self.assertIn("No space left on device", other.server_said)
        left = [str(path) for path in (other.data / "serving").iterdir() if path.name.startswith(".staging-")]
        self.assertEqual(left, [])

    def test_loading_and_bringing_over(self):
        self.begin()
        disk = self.disk("tables", 64 * 1024 * KIB)
        space = disk.folder / "space"
        space.mkdir()
        shutil.chown(space, "postgres")
        self.ask(f"CREATE TABLESPACE small LOCATION '{space}'")
        self.must("store", "create")
        # The rows lie there; what the server needs to go on at all does not.
        self.ask("GRANT CREATE ON TABLESPACE small TO aisle_owner, aisle_writer; ALTER ROLE aisle_owner SET default_tablespace = small; "
                 "ALTER ROLE aisle_writer SET temp_tablespaces = small")
        self.must("store", "load")
        self.assertEqual(self.ask("SELECT count(*) FROM pg_tables WHERE schemaname = 'aisle' AND tablespace = 'small'"), "5")
        with self.read() as server:
            for command in ("load", "sync"):
                held = self.loaded()
                self.must("publish", "--as-of", "2026-11-19" if command == "load" else "2026-11-18")
                def holds_what_it_held():
                    self.assertEqual(self.loaded(), held)
                rooms = (0, 64 * KIB, 256 * KIB, 512 * KIB, 1024 * KIB, 65536 * KIB)
                failed = self.fails_until_there_is_room(disk, ("store", command), rooms, ("store", command), holds_what_it_held)
                print(f"store {command} met a full disk {failed} times", file=sys.stderr)
                self.assertEqual(self.loaded(), held + 1)
                shop.wait_until(lambda: self.answer(server)["timings"]["backend"] == "postgres", "it is asked again")

    def loaded(self):
        found = json.loads(self.must("store", "status", "--verify", "--json"))
        self.assertEqual((found["problems"], found["leftovers"]), ([], []))
        return found["loaded"]["generation"]


if __name__ == "__main__":
    # Mounts of its own go with the last process of this test, whoever kills it.
    if OF_ITS_OWN not in os.environ and may_mount():
        os.environ[OF_ITS_OWN] = "1"
        os.execvp("unshare", ["unshare", "--mount", sys.executable, "-B", *sys.argv])
    shop.main()
