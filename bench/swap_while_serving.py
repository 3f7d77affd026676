#!/usr/bin/env python3
"""What a request notices of a new generation: latencies of `aisle serve` while nothing happens, while it is made to
take another generation twice a second, and while `aisle publish` runs again and again, in turns.

    python3 bench/swap_while_serving.py --data DIR [--threads 1] [--connections 1] [--rounds 5] [--seconds 6]

DIR is an aisle data directory that was published. Needs wrk. Prints each side's medians in milliseconds and the
generations taken, and what opening one costs. One request that fails ends the run.
"""
import argparse, os, pathlib, re, statistics, subprocess, tempfile, threading, time

LUA = """
local n = 0
request = function()
  n = n + 1
  return wrk.format("GET", "/recommend?customer_id=" .. (1000000 + (n * 7919) % 50000) .. "&zip_code=10001&top_n=5")
end
done = function(summary, latency)
  local e = summary.errors
  io.write(string.format("RESULT %d %d %f %f %f %f\\n", summary.requests,
           e.connect + e.read + e.write + e.status + e.timeout, latency:percentile(50) / 1000,
           latency:percentile(99) / 1000, latency:percentile(99.9) / 1000, latency.max / 1000))
end
"""


class Repeat(threading.Thread):
    """Calls `step` again and again until asked to end; counts."""

    def __init__(self, step):
        super().__init__()
        self.step, self.ending, self.count, self.error = step, False, 0, None

    def run(self):
        try:
            while not self.ending:
                self.step()
                self.count += 1
        except Exception as error:  # Raised again by end().
            self.error = error

    def end(self):
        self.ending = True
        self.join()
        if self.error:
            raise self.error


def generations(serving):
    return sorted(int(folder.name.split("-")[1]) for folder in serving.glob("generation-*"))


def switch(serving, state):
    """The other one of the two newest generations becomes the current one, as publishing does it: by a rename."""
    state["turn"] = not state["turn"]
    new = serving / "CURRENT.bench"
    new.write_text(f"{generations(serving)[-2:][state['turn']]}\n")
    new.rename(serving / "CURRENT")
    time.sleep(0.5)


def opening_cost(server, serving, state, count=20):
    """CPU seconds that the server spends on one generation, while nobody asks."""
    def spent():
        fields = pathlib.Path(f"/proc/{server.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    before = spent()
    for _ in range(count):
        switch(serving, state)
        time.sleep(0.3)
    return (spent() - before) / count


def load(address, connections, seconds, lua):
    out = subprocess.run(["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "-s", lua, f"http://{address}"],
                         capture_output=True, text=True, check=True).stdout
    requests, errors, *latencies = re.search(r"RESULT (.*)", out).group(1).split()
    if int(errors):
        raise SystemExit(f"{errors} of {requests} requests failed")
    return [float(x) for x in latencies] + [int(requests) / seconds]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", required=True)
    parser.add_argument("--aisle", default="build/release/src/app/aisle")
    for name, default in (("threads", 1), ("connections", 1), ("rounds", 5), ("seconds", 6)):
        parser.add_argument("--" + name, type=int, default=default)
    given = parser.parse_args()
    serving = pathlib.Path(given.data) / "serving"
    publish = lambda: subprocess.run([given.aisle, "publish", "--data", given.data, "--quiet"], check=True,
                                     capture_output=True)
    while len(generations(serving)) < 2:
        publish()
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as lua, tempfile.TemporaryFile("w+") as log:
        lua.write(LUA)
        lua.flush()
        server = subprocess.Popen([given.aisle, "serve", "--data", given.data, "--listen", "127.0.0.1:0", "--threads",
                                   str(given.threads)], stdout=log, stderr=subprocess.STDOUT, text=True)
        try:
            address = None
            while not address:
                if server.poll() is not None:
                    raise SystemExit("the server ended")
                time.sleep(0.2)
                log.seek(0)
                found = re.search(r"http://(127\.0\.0\.1:\d+)", log.read())
                address = found and found.group(1)
            load(address, given.connections, 2, lua.name)
            state = {"turn": False}
            sides = {"nothing happens": None, "another generation twice a second": lambda: switch(serving, state),
                     "publishing all the time": publish}
            results = {side: [] for side in sides}
            taken = dict.fromkeys(sides, 0)
            for _ in range(given.rounds):
                for side, step in sides.items():
                    log.seek(0)
                    before = log.read().count("serving generation")
                    beside = Repeat(step) if step else None
                    if beside:
                        beside.start()
                    results[side].append(load(address, given.connections, given.seconds, lua.name))
                    if beside:
                        beside.end()
                    time.sleep(1)
                    log.seek(0)
                    taken[side] += log.read().count("serving generation") - before
            print(f"{given.threads} loop(s), {given.connections} connection(s), {given.rounds} x {given.seconds} s")
            print("| meanwhile | p50 | p99 | p99.9 | longest | requests/s | generations taken |\n|---|---|---|---|---|---|---|")
            for side, rows in results.items():
                middle = [statistics.median(column) for column in zip(*rows)]
                print(f"| {side} | {middle[0]:.3f} | {middle[1]:.2f} | {middle[2]:.2f} | "
                      f"{max(row[3] for row in rows):.1f} | {middle[4]:,.0f} | {taken[side]} |")
            print(f"opening one: {1000 * opening_cost(server, serving, state):.0f} ms of a core")
        finally:
            server.terminate()
            server.wait(10)


if __name__ == "__main__":
    main()
