#!/usr/bin/env python3
"""/recommend with the model in the server's process, beside the same with a model service: what remote ranking costs.

    python3 bench/rank_local_beside_remote.py --data DIR [--aisle BINARY] [--rounds 3] [--seconds 3] [--connections 1] [--customers 50000]

DIR is the data directory of a published shop; each server works on a copy. All servers share core 0, with one thread each;
wrk has core 1. Asks each side for the same customers first and compares items and scores, then in turns. Prints medians
over the rounds: p50 and p99 in milliseconds, requests a second, CPU microseconds a request of server and service together.
"""
import argparse, json, os, pathlib, shutil, signal, statistics, subprocess, tempfile, urllib.request

from predict_beside_python import wait_for
from requests_beside_nginx import cpu_seconds, load
from swap_while_serving import LUA


class Side:
    """What requests_beside_nginx.load() wants of a server, with a second process behind it."""

    def __init__(self, processes):
        self.processes, self.pid = processes, processes[0].pid


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", required=True)
    parser.add_argument("--aisle", default="build/release/src/app/aisle")
    for name, default in (("rounds", 3), ("seconds", 3), ("connections", 1), ("customers", 50000), ("port", 18370)):
        parser.add_argument("--" + name, type=int, default=default)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        lua = folder / "requests.lua"
        lua.write_text(LUA.replace("50000", str(given.customers)))
        servers = []

        def start(arguments, port, data, **environment):
            process = subprocess.Popen(["taskset", "-c", "0", given.aisle, *arguments, "--threads", "1", "--listen",
                                        f"127.0.0.1:{port}", "--data", str(data), "--quiet"], env=dict(os.environ, **environment),
                                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            servers.append(process)
            wait_for(port, process)
            return process

        try:
            for side in ("local", "remote"):
                shutil.copytree(given.data, folder / side)
            service = start(["predict-server"], given.port, folder / "remote")
            local = start(["serve"], given.port + 1, folder / "local")
            remote = start(["serve"], given.port + 2, folder / "remote", AISLE_RANKING_BACKEND="remote",
                           AISLE_RANKING_URL=f"http://127.0.0.1:{given.port}")
            sides = [("local", Side([local]), given.port + 1), ("remote", Side([remote, service]), given.port + 2)]
            for i in range(20):
                answers = []
                for _, _, port in sides:
                    path = f"http://127.0.0.1:{port}/recommend?customer_id={1000000 + i}&zip_code=10001&top_n=50"
                    answer = json.load(urllib.request.urlopen(path))
                    answers.append((answer["model"], [(item["product_id"], item["score"]) for item in answer["recommendations"]]))
                if answers[0] != answers[1]:
                    raise SystemExit(f"customer {1000000 + i}: the sides do not answer the same: {answers}")
            rounds, asked = [], 0
            for _ in range(given.rounds):
                figures = []
                for _, side, port in sides:
                    before = sum(cpu_seconds(p.pid) for p in side.processes)
                    rate, p50, p99, _ = load(side, f"127.0.0.1:{port}", given, str(lua))
                    spent = sum(cpu_seconds(p.pid) for p in side.processes) - before
                    asked += rate * given.seconds if side.processes[0] is remote else 0
                    figures.append((p50, p99, rate, 1e6 * spent / (rate * given.seconds)))
                rounds.append(figures)
            with urllib.request.urlopen(f"http://127.0.0.1:{given.port}/health") as answer:
                scored = json.load(answer)["scored"]["requests"] - 20
            print(f"of {asked:.0f} requests the service scored {scored}")
        finally:
            for process in servers:
                process.send_signal(signal.SIGTERM)
                process.wait(timeout=60)
    print(f"{'ranking':8} {'p50 ms':>9} {'p99 ms':>9} {'requests/s':>11} {'CPU us':>8}")
    for s, (name, _, _) in enumerate(sides):
        p50, p99, rate, cpu = (statistics.median(r[s][f] for r in rounds) for f in range(4))
        print(f"{name:8} {p50:9.3f} {p99:9.3f} {rate:11,.0f} {cpu:8.0f}")


if __name__ == "__main__":
    main()
