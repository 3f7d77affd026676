"""A shop for tests of the whole program: runs the binary, starts and stops servers, asks over HTTP.

Every test works on its own copy of a small published shop, in a folder that goes with it; processes are ended by pid.
AISLE names the binary, AISLE_TEST_SHOP where the shop is kept that pipeline_demo makes and the others copy."""
import contextlib
import http.client
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

AISLE = os.environ["AISLE"]
ROOT = pathlib.Path(__file__).resolve().parents[2]
SHOP = pathlib.Path(os.environ["AISLE_TEST_SHOP"])
CUSTOMERS = "600"
AS_OF = "2026-11-20"
DEMO = ["demo", "--once", "--customers", CUSTOMERS, "--as-of", AS_OF]
PATIENCE = 120  # Seconds that one command may take on a busy machine.


def environment(**more):
    kept = {key: value for key, value in os.environ.items() if not key.startswith("AISLE_")}
    # One thread: on a machine that does other things, learners that wait for each other take much longer.
    return {**kept, "AISLE_TRAIN_THREADS": "1", **more}


def start(*arguments, data, **more):
    return subprocess.Popen([AISLE, *arguments, "--data", str(data)], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                            text=True, env=environment(**more))


def run(*arguments, data, **more):
    """Runs a command to its end: exit code, standard output, standard error."""
    done = subprocess.run([AISLE, *arguments, "--data", str(data)], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          text=True, timeout=PATIENCE, env=environment(**more), stdin=subprocess.DEVNULL)
    return done.returncode, done.stdout, done.stderr


def wait_until(condition, what, seconds=PATIENCE):
    """Polls until condition() is true and gives its value; fails the test when it never is."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"did not happen within {seconds} s: {what}")
        time.sleep(0.02)


def process_file(data, name):
    try:
        return json.loads((data / "run" / f"{name}.json").read_text())
    except (OSError, ValueError):
        return None


class Server:
    def __init__(self, data, process):
        self.data, self.process = data, process
        self.address = wait_until(lambda: self._address(), "the server listens")

    def _address(self):
        if self.process.poll() is not None:
            raise AssertionError(f"the server ended: {self.process.communicate()[1]}")
        written = process_file(self.data, "serve")
        return written["address"] if written and written["pid"] == self.process.pid else None

    def ask(self, method, path, body=None, headers=None):
        """Status, headers, body (JSON where it is)."""
        host, port = self.address.rsplit(":", 1)
        connection = http.client.HTTPConnection(host, int(port), timeout=30)
        try:
            connection.request(method, path, body, headers or {})
            response = connection.getresponse()
            text = response.read()
            kind = response.getheader("Content-Type", "")
            return response.status, dict(response.getheaders()), json.loads(text) if "json" in kind else text
        finally:
            connection.close()

    def announce(self, path, body_bytes):
        """A POST that says how large its body would be and waits for the answer before sending any of it."""
        host, port = self.address.rsplit(":", 1)
        with contextlib.closing(http.client.HTTPConnection(host, int(port), timeout=30)) as connection:
            connection.putrequest("POST", path)
            connection.putheader("Content-Type", "application/json")
            connection.putheader("Content-Length", str(body_bytes))
            connection.endheaders()
            return connection.getresponse().status

    def get(self, path):
        return self.ask("GET", path)

    def post(self, path, value):
        return self.ask("POST", path, json.dumps(value), {"Content-Type": "application/json"})


class ShopTest(unittest.TestCase):
    """Gives each test a folder; copy_shop() puts the published shop into it."""

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="aisle-pipeline-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.data = self.folder / "data"

    def copy_shop(self):
        shutil.copytree(SHOP, self.data)
        return self.data

    def small_recipe(self, model, kind="default"):
        """The recipe with a few trees that passes every gate, for tests that train on the way to something else."""
        text = (ROOT / "recipes" / f"{model}_{kind}.toml").read_text()
        path = self.folder / f"{model}_small.toml"
        text = re.sub(r"(?ms)^\[gates\].*?(?=^\[|\Z)", "", text) + "\n[gates]\nworse_by_at_most = 1\ncalibrated_within = 1e9\n"
        path.write_text(re.sub(r"(?m)^rounds = \d+", "rounds = 12", text))
        return str(path)

    def must(self, *arguments, **more):
        code, out, err = run(*arguments, data=self.data, **more)
        self.assertEqual(code, 0, f"{arguments}: {err}")
        return out

    def fails(self, expected_code, *arguments, **more):
        """One line 'aisle <command>: ...', and what to do next; gives that line."""
        code, out, err = run(*arguments, data=self.data, **more)
        self.assertEqual(code, expected_code, f"{arguments}: {out} {err}")
        said = [line for line in err.splitlines() if line.startswith("aisle ")]
        self.assertEqual(len(said), 1, err)
        self.assertIn("next:", err)
        return said[0]

    def status(self):
        """What `aisle status` finds; its exit code says whether that is a problem."""
        code, out, err = run("status", "--json", data=self.data)
        found = json.loads(out)
        self.assertEqual(code, 6 if found["problems"] else 0, f"{found['problems']} {err}")
        return found

    def status_text(self):
        code, out, err = run("status", data=self.data)
        self.assertEqual(code, 6 if "PROBLEM" in out else 0, f"{out} {err}")
        return out

    @contextlib.contextmanager
    def serving(self, *more):
        process = start("serve", "--listen", "127.0.0.1:0", *more, data=self.data)
        try:
            yield Server(self.data, process)
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
            try:
                self.server_said = process.communicate(timeout=PATIENCE)[1]
            except subprocess.TimeoutExpired:
                process.kill()
                process.communicate()
                raise
            self.server_code = process.returncode

    def answer(self, server, query="customer_id=1000000&zip_code=10001&top_n=5"):
        status, _, answer = server.get(f"/recommend?{query}")
        self.assertEqual(status, 200, answer)
        return answer


def main():
    unittest.main(verbosity=2)
