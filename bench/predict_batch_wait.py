#!/usr/bin/env python3
"""What waiting for others costs and gives: `aisle predict-server` with several waits, asked for few rows by many.

    python3 bench/predict_batch_wait.py --python VENV/bin/python [--aisle BINARY] [--rows 1] [--connections 64] [--rounds 3]

VENV has xgboost, scikit-learn and numpy; the model is that of bench/predict_beside_python.py. A server for each wait, one
thread on core 0; wrk on core 1 asks them in turns. Prints medians over the rounds: p50 and p99 in milliseconds, requests a
second, and how many requests a call of the forest had.
"""
import argparse, json, pathlib, signal, statistics, subprocess, tempfile, urllib.request

from predict_beside_python import TRAIN, Way, wait_for

WAITS_US = (0, 50, 100, 200, 500, 1000)


def scored(port):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=60) as answer:
        return json.load(answer)["scored"]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--python", required=True)
    parser.add_argument("--aisle", default="build/release/src/app/aisle")
    for name, default in (("rows", 1), ("connections", 64), ("rounds", 3), ("seconds", 2), ("port", 18350)):
        parser.add_argument("--" + name, type=int, default=default)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        subprocess.run([given.python, "-c", TRAIN, name], check=True)
        rows = json.loads((folder / "predict.json").read_text())["data"][:given.rows]
        (folder / "few.json").write_text(json.dumps({"data": rows}))
        servers, ways = [], []
        try:
            for i, wait in enumerate(WAITS_US):
                port = given.port + i
                servers.append(subprocess.Popen(
                    ["taskset", "-c", "0", given.aisle, "predict-server", "--model", f"{name}/model.json", "--threads", "1", "--listen",
                     f"127.0.0.1:{port}", "--batch-wait-us", str(wait)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
                wait_for(port, servers[-1])
                ways.append(Way(f"{wait} us", port, "/predict", folder / "few.json", {"Content-Type": "application/json"}))
            rounds = [[way.load(folder, given.connections, given.seconds) for way in ways] for _ in range(given.rounds)]
            counts = [scored(way.port) for way in ways]
        finally:
            for process in servers:
                process.send_signal(signal.SIGTERM)
                process.wait(timeout=60)
    print(f"{given.rows} rows, {given.connections} connections")
    print(f"{'wait':>8} {'p50 ms':>9} {'p99 ms':>9} {'requests/s':>11} {'requests a call':>16}")
    for w, (way, count) in enumerate(zip(ways, counts)):
        rate, p50, p99 = (statistics.median(r[w][f] for r in rounds) for f in range(3))
        print(f"{way.name:>8} {p50:9.3f} {p99:9.3f} {rate:11,.0f} {count['requests'] / count['forest_calls']:16.1f}")


if __name__ == "__main__":
    main()
