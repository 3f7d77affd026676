#!/usr/bin/env python3
"""How long a product that was sold out is still shown: from the acknowledged write to the last answer that has it, under load.

    python3 bench/stock_freshness.py --data DIR [--other DIR] [--writes 1000] [--connections 4] [--threads 2]

DIR is an aisle data directory that was published. With --other a second server runs, of that directory, and takes the writes: both must be set to
serve from one Postgres store. Starts `aisle serve` of it, keeps it busy with wrk, and then again and again sells
out the first product that a customer is shown, while another connection asks for that customer without a pause. An answer counts as stale
when its request began after the write was acknowledged and it has the product; one that was under way may have it. Prints the median and the
worst of both, how long a write takes, and requests/s beside the same load without writes. A stale answer is exit 1.
"""
import argparse, http.client, json, os, pathlib, re, statistics, subprocess, sys, tempfile, threading, time

LUA = """
local n = 0
request = function()
  n = n + 1
  return wrk.format("GET", "/recommend?customer_id=" .. (1000000 + (n * 7919) % 50000) .. "&zip_code=10001&top_n=5")
end
done = function(summary, latency)
  local e = summary.errors
  io.write(string.format("RESULT %d %d %f %f\\n", summary.requests, e.connect + e.read + e.write + e.status + e.timeout,
           latency:percentile(50) / 1000, latency:percentile(99) / 1000))
end
"""
ASK = "/recommend?customer_id=1000005&zip_code=10001&top_n=20&dry_run=true"


class Prober(threading.Thread):
    """Asks for one customer without a pause; keeps when each answer began and ended, and what was in it."""

    def __init__(self, port):
        super().__init__(daemon=True)
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        self.answers, self.ending, self.error = [], False, None

    def ask(self):
        began = time.monotonic()
        self.connection.request("GET", ASK)
        answer = self.connection.getresponse()
        body = answer.read()
        if answer.status != 200:
            raise RuntimeError(body)
        items = [item["product_id"] for item in json.loads(body)["recommendations"]]
        return began, time.monotonic(), items

    def run(self):
        try:
            while not self.ending:
                self.answers.append(self.ask())
        except Exception as error:  # Seen by who waits.
            self.error = error


def put(connection, product, region, quantity):
    body = json.dumps({"items": [{"product_id": product, "region": region, "qty_on_hand": quantity, "est_delivery_days": 2}]})
    connection.request("PUT", "/v1/inventory", body, {"Content-Type": "application/json"})
    answer = connection.getresponse()
    said = answer.read()
    if answer.status != 200:
        raise RuntimeError(said)


def load(port, threads, connections, seconds):
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        script.write(LUA)
        script.flush()
        return subprocess.run(["wrk", f"-t{threads}", f"-c{connections}", f"-d{seconds}s", "-s", script.name, f"http://127.0.0.1:{port}"],
                              capture_output=True, text=True, check=True).stdout


def result(text):
    found = re.search(r"RESULT (\d+) (\d+) ([\d.]+) ([\d.]+)", text)
    seconds = float(re.search(r"requests in ([\d.]+)s", text)[1])
    if int(found[2]):
        raise RuntimeError(f"{found[2]} requests failed")
    return int(found[1]) / seconds, float(found[3]), float(found[4])


def started(options, data, servers):
    """Starts a server; its port."""
    server = subprocess.Popen([options.aisle, "serve", "--data", data, "--listen", "127.0.0.1:0", "--threads", str(options.threads)],
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    servers.append(server)
    for line in server.stdout:
        found = re.search(r"http://127\.0\.0\.1:(\d+)", line)
        if found:
            threading.Thread(target=lambda: [None for _ in server.stdout], daemon=True).start()
            return int(found[1])
    raise RuntimeError("the server did not start")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True)
    parser.add_argument("--other")
    parser.add_argument("--writes", type=int, default=1000)
    parser.add_argument("--connections", type=int, default=4)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--aisle", default=str(pathlib.Path(__file__).resolve().parent.parent / "aisle"))
    options = parser.parse_args()
    servers = []
    try:
        port = started(options, options.data, servers)
        takes = started(options, options.other, servers) if options.other else port
        quiet = result(load(port, 1, options.connections, 8))
        beside = {}
        wrk_seconds = max(8, options.writes // 40)
        loader = threading.Thread(target=lambda: beside.update(text=load(port, 1, options.connections, wrk_seconds)), daemon=True)
        loader.start()
        prober, writer = Prober(port), http.client.HTTPConnection("127.0.0.1", takes, timeout=10)
        _, _, shown = prober.ask()
        prober.start()
        last_seen, stale, took, product, done = [], 0, [], shown[0], 0
        began_all = time.monotonic()
        while done < options.writes:
            prober.answers.clear()
            began = time.monotonic()
            put(writer, product, "Northeast", 0)
            acknowledged = time.monotonic()
            took.append(acknowledged - began)
            # Until an answer that began well after the write is there.
            while not any(start > acknowledged + 0.002 for start, _, _ in list(prober.answers)):
                if prober.error:
                    raise prober.error
                time.sleep(0.0005)
            answers = list(prober.answers)
            stale += sum(product in items for start, _, items in answers if start > acknowledged)
            ends = [end - acknowledged for _, end, items in answers if product in items]
            last_seen.append(max([0.0] + ends))
            following = answers[-1][2][0]
            put(writer, product, "Northeast", 50)
            done, product = done + 1, following if following != product else answers[-1][2][1]
        wall = time.monotonic() - began_all
        prober.ending = True
        loader.join()
        busy = result(beside["text"])
        ms = lambda values, share: sorted(values)[min(len(values) - 1, int(len(values) * share))] * 1000
        print(f"{done} products sold out, {2 * done / wall:.0f} writes/s; answers that began after the acknowledged write and still had the product: {stale}")
        print(f"last answer with the product, after the write was acknowledged: median {ms(last_seen, .5):.2f} ms, worst {max(last_seen) * 1000:.2f} ms")
        print(f"a write, to its 200: median {ms(took, .5):.2f} ms, p99 {ms(took, .99):.2f} ms")
        print(f"load without writes: {quiet[0]:.0f} requests/s, p50 {quiet[1]:.3f} ms, p99 {quiet[2]:.2f} ms")
        print(f"load beside writes and the asking connection: {busy[0]:.0f} requests/s, p50 {busy[1]:.3f} ms, p99 {busy[2]:.2f} ms")
        return 1 if stale else 0
    finally:
        for server in servers:
            server.terminate()
            server.wait()


if __name__ == "__main__":
    sys.exit(main())
