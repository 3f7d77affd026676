"""A shop for tests that need a Postgres: one server for all tests of a class, by `aisle store dev-up`, ended with them."""
import json
import pathlib
import shutil
import subprocess
import tempfile
import unittest

import shop
from postgres_dev_test import PSQL


class Machine(shop.ShopTest):
    """A server with a data directory of its own; not a test."""

    def __init__(self, data):
        super().__init__("serving")
        self.data = data


@unittest.skipUnless(pathlib.Path(PSQL).exists(), "Debian's postgresql-15 is not installed")
class PostgresShopTest(shop.ShopTest):
    @classmethod
    def setUpClass(cls):
        top = pathlib.Path(tempfile.mkdtemp(prefix="aisle-postgres-"))
        cls.addClassCleanup(shutil.rmtree, top, ignore_errors=True)
        top.chmod(0o755)
        cls.server = top / "server"
        code, out, err = shop.run("store", "dev-up", str(cls.server), "--json", data=top / "none")
        assert code == 0, err
        cls.addClassCleanup(shop.run, "store", "dev-down", str(cls.server), data=top / "none")
        cls.facts = json.loads(out)

    def ask(self, sql):
        """What the administrator is told."""
        password = pathlib.Path(self.facts["password_file"]).read_text().strip()
        done = subprocess.run([PSQL, "-XAtq", "-v", "ON_ERROR_STOP=1", "-c", sql], text=True, capture_output=True, timeout=shop.PATIENCE,
                              env={"PGHOST": self.facts["host"], "PGPORT": self.facts["port"], "PGDATABASE": self.facts["database"],
                                   "PGUSER": "postgres", "PGPASSWORD": password, "PGSSLMODE": "verify-full",
                                   "PGSSLROOTCERT": self.facts["root_certificate"]})
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout.strip()
