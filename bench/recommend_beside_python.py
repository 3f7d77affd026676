#!/usr/bin/env python3
"""`aisle serve` beside the published reference's two services in Python: the same shop, model, Postgres and requests, in one run.

    python3 -m venv V && V/bin/pip install xgboost-cpu==3.2.0 scikit-learn pandas fastapi uvicorn httptools uvloop psycopg2-binary requests
    python3 bench/recommend_beside_python.py --data DIR --python V/bin/python [--aisle BINARY] [--rounds 5] [--seconds 4]

DIR is an aisle data directory that was published; it is copied. Trains the reference's ranking (300 trees of depth 8) and makes it
the champion of the copy, publishes, starts a Postgres of its own (`aisle store dev-up`), loads it, and asks four sides for the same
customers, round after round, over TLS to Postgres where they use it: `aisle serve` from Postgres and from its generation; Python as the
reference has it (a service of its own for the model) and as lean as Python allows (the model in the process). Each side runs alone, as one would start
it; servers, Postgres and wrk share the machine. Says of how many customers the lists are the same. Prints medians over the rounds: what the
server itself says that a request took (`total_ms`), the whole answer as one connection sees it, and requests/s at one and at eight.
"""
import argparse, contextlib, http.client, json, os, pathlib, re, shutil, socket, statistics, subprocess, sys, tempfile, time

HERE = pathlib.Path(__file__).resolve().parent
QUICKSTART_MS = 77.7  # What the reference states of itself.
LUA = """
local n = %d
request = function()
  n = n + 1
  return wrk.format("GET", "/recommend?customer_id=" .. (%d + (n * 7919) %% %d) .. "&zip_code=10001&top_n=5")
end
done = function(summary, latency)
  local e = summary.errors
  io.write(string.format("RESULT %%d %%d %%f %%f %%d\\n", summary.requests, e.connect + e.read + e.write + e.status + e.timeout,
           latency:percentile(50) / 1000, latency:percentile(99) / 1000, summary.duration))
end
"""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Shop:
    def __init__(self, given, folder):
        self.aisle, self.data = str(pathlib.Path(given.aisle).resolve()), folder / "data"
        shutil.copytree(given.data, self.data, ignore=shutil.ignore_patterns("run", "events*", "changes*", "postgres*"))
        recipe = folder / "reference.toml"
        text = (HERE.parent / "recipes" / "ranking_reference.toml").read_text().replace('model = "ranking_reference"', 'model = "ranking"')
        recipe.write_text(re.sub(r"worse_by_at_most = \S+", "worse_by_at_most = 1", text))
        print("training the reference's ranking", file=sys.stderr)
        self.run("train", str(recipe))
        versions = sorted(int(path.name) for path in (self.data / "registry/ranking").iterdir() if path.name.isdigit())
        with contextlib.suppress(subprocess.CalledProcessError):  # It is the champion already, or becomes it.
            self.run("models", "promote", f"ranking/{versions[-1]}")
        self.model = self.data / "registry/ranking" / str(versions[-1]) / "model.ubj"
        published = json.loads(self.run("publish", "--json"))
        assert published["ranking_version"] == versions[-1], published
        self.customers = published["customers"]
        self.server = folder / "server"
        self.facts = json.loads(self.run("store", "dev-up", str(self.server), "--json"))
        (self.data / "aisle.toml").write_text(f'[postgres]\nurl = "{self.facts["url"]}"\nadmin_password_file = "{self.facts["password_file"]}"\n')

    def run(self, *arguments):
        return subprocess.run([self.aisle, *arguments, "--data", str(self.data), "--quiet"], check=True, text=True,
                              stdout=subprocess.PIPE).stdout

    def postgres(self):
        """How psycopg2 gets there: as the reader, over verified TLS."""
        password = (self.data / "postgres/aisle_reader.password").read_text().strip()
        return {"PGHOST": self.facts["host"], "PGPORT": self.facts["port"], "PGDATABASE": self.facts["database"], "PGUSER": "aisle_reader",
                "PGPASSWORD": password, "PGSSLMODE": "verify-full", "PGSSLROOTCERT": self.facts["root_certificate"]}


@contextlib.contextmanager
def running(command, port, cwd=None, **environment):
    process = subprocess.Popen(command, cwd=cwd, env={**os.environ, **environment}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(1200):
            if process.poll() is not None:
                raise SystemExit(f"{command} ended with {process.returncode}")
            with contextlib.suppress(OSError):
                get(port, "/livez")
                break
            time.sleep(0.05)
        yield
    finally:
        process.terminate()
        process.wait(timeout=60)


def get(port, path):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


class Side:
    def __init__(self, shop, given, name):
        self.shop, self.given, self.name, self.port = shop, given, name, free_port()

    @contextlib.contextmanager
    def served(self):
        """One side, from its start to its end."""
        aisle = [self.shop.aisle, "serve", "--data", str(self.shop.data), "--listen", f"127.0.0.1:{self.port}"]
        if self.name.startswith("aisle"):
            store = "postgres" if "Postgres" in self.name else "embedded"
            with running(aisle, self.port, AISLE_SERVE_STORE=store, AISLE_SERVE_LOG_IMPRESSIONS="false"):
                yield
            return
        uvicorn = [self.given.python, "-m", "uvicorn", "--host", "127.0.0.1", "--no-access-log", "--log-level", "warning", "--loop",
                   "uvloop", "--http", "httptools"]
        model_port, inline = free_port(), "inline" in self.name
        with contextlib.ExitStack() as stack:
            if not inline:
                stack.enter_context(running([*uvicorn, "--port", str(model_port), "python_model_service:app"], model_port, cwd=HERE,
                                            MODEL_FILE=str(self.shop.model), MODEL_IMPL="frame", OMP_NUM_THREADS="1"))
            stack.enter_context(running([*uvicorn, "--port", str(self.port), "python_orchestrator:app"], self.port, cwd=HERE,
                                        MODE="inline" if inline else "service", MODEL_URL=f"http://127.0.0.1:{model_port}/predict",
                                        MODEL_FILE=str(self.shop.model), OMP_NUM_THREADS="1", **self.shop.postgres()))
            yield

    def answers(self, customers):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        found = []
        for customer in customers:
            connection.request("GET", f"/recommend?customer_id={customer}&zip_code=10001&top_n=5")
            answer = connection.getresponse()
            body = answer.read()
            if answer.status != 200 or json.loads(body).get("degraded"):
                raise SystemExit(f"{self.name}: {body}")
            found.append(json.loads(body))
        connection.close()
        return found

    def load(self, folder, connections):
        lua = folder / "load.lua"
        lua.write_text(LUA % (time.time_ns() % 100_000, 1_000_000, self.shop.customers))
        out = subprocess.run(["wrk", "-t1", f"-c{connections}", f"-d{self.given.seconds}s", "--timeout", "60s", "-s", str(lua),
                              f"http://127.0.0.1:{self.port}"], capture_output=True, text=True, check=True).stdout
        found = re.search(r"RESULT (\d+) (\d+) ([\d.]+) ([\d.]+) (\d+)", out)
        if int(found[2]):
            raise SystemExit(f"{self.name}: {found[2]} requests failed")
        return int(found[1]) / (int(found[5]) / 1e6), float(found[3]), float(found[4])

    def round(self, folder, customers):
        with self.served():
            self.answers(customers[:20])  # Connections, and what is made when it is first asked for.
            own = sorted(answer["timings"]["total_ms"] for answer in self.answers(customers))
            one, eight = self.load(folder, 1), self.load(folder, 8)
        return {"own_p50": statistics.median(own), "own_p99": own[int(0.99 * (len(own) - 1))], "p50": one[1], "p99": one[2],
                "rate": one[0], "p50_of_eight": eight[1], "rate_of_eight": eight[0]}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True)
    parser.add_argument("--python", required=True)
    parser.add_argument("--aisle", default="build/release/src/app/aisle")
    for name, default in (("rounds", 5), ("seconds", 4)):
        parser.add_argument("--" + name, type=int, default=default)
    given = parser.parse_args()
    given.python = os.path.abspath(given.python)  # Not resolved: a venv's python is a link that must stay one.
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        folder.chmod(0o755)
        shop = Shop(given, folder)
        try:
            for command in ("create", "load"):
                shop.run("store", command)
            names = ("aisle, Postgres", "aisle, embedded", "Python, service", "Python, inline")
            sides = [Side(shop, given, name) for name in names]
            customers = [1_000_000 + (i * 7919) % shop.customers for i in range(300)]
            lists = []
            for side in sides:
                with side.served():
                    lists.append([[item["product_id"] for item in answer["recommendations"]] for answer in side.answers(customers)])
            for side, of_side in zip(sides[1:], lists[1:]):
                same = sum(a == b for a, b in zip(lists[0], of_side))
                print(f"{side.name}: {same} of {len(customers)} lists as from aisle, Postgres", file=sys.stderr)
            rounds = [[side.round(folder, customers) for side in sides] for _ in range(given.rounds)]
        finally:
            shop.run("store", "dev-down", str(shop.server))
    print(f"load average {os.getloadavg()[0]:.1f}; medians of {given.rounds} rounds")
    print(f"{'side':18} {'own p50':>9} {'own p99':>9} {'p50 ms':>9} {'p99 ms':>9} {'requests/s':>11} {'p50 of 8':>9} {'at eight':>10}")
    medians = [{key: statistics.median(r[s][key] for r in rounds) for key in rounds[0][0]} for s in range(len(sides))]
    for side, of in zip(sides, medians):
        print(f"{side.name:18} {of['own_p50']:9.3f} {of['own_p99']:9.3f} {of['p50']:9.3f} {of['p99']:9.3f} {of['rate']:11,.1f} "
              f"{of['p50_of_eight']:9.3f} {of['rate_of_eight']:10,.1f}")
    for s in (0, 1):
        ratios = [[r[p]["p50"] / r[s]["p50"] for r in rounds] + [] for p in (2, 3)]
        rates = [[r[s]["rate_of_eight"] / r[p]["rate_of_eight"] for r in rounds] for p in (2, 3)]
        print(f"{sides[s].name}: p50 {', '.join(f'{statistics.median(r):.1f} times below {n.name}' for r, n in zip(ratios, sides[2:]))}; "
              f"requests/s at eight {', '.join(f'{statistics.median(r):.1f} times {n.name}' for r, n in zip(rates, sides[2:]))}; "
              f"its own total {QUICKSTART_MS / medians[s]['own_p50']:,.0f} times below {QUICKSTART_MS} ms")


if __name__ == "__main__":
    main()
