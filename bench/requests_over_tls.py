#!/usr/bin/env python3
"""Requests a second of one event loop of `aisle serve` with TLS and without, in turns, and what new connections cost.

    python3 bench/requests_over_tls.py --data DIR [--aisle BINARY] [--connections 16] [--rounds 5] [--seconds 2]

DIR: an aisle data directory with a published shop; it is copied for each server. Needs wrk and openssl. Each server runs on core 0 with one thread, wrk
on core 1. Prints medians over the rounds of requests a second, p50 in milliseconds and CPU microseconds a request: /livez and /recommend over kept
connections, /livez with a connection for each request. A request that fails ends the run.
"""
import argparse, pathlib, re, shutil, signal, statistics, subprocess, tempfile

from requests_beside_nginx import cpu_seconds

import os, ssl, time, urllib.error, urllib.request

CASES = {"/livez, kept": ("/livez", []), "/recommend, kept": ("/recommend?customer_id=1000000&zip_code=10001&top_n=5", []),
         "/livez, new connection": ("/livez", ["-H", "Connection: close"])}


def wait_for(url, process):
    trusting = ssl._create_unverified_context()
    for _ in range(400):
        try:
            return urllib.request.urlopen(url + "/livez", timeout=1, context=trusting if url.startswith("https") else None)
        except OSError:
            if process.poll() is not None:
                raise SystemExit(f"the server ended with {process.returncode}")
            time.sleep(0.05)
    raise SystemExit(f"{url} does not answer")


def load(process, url, given, path, more):
    before = cpu_seconds(process.pid)
    out = subprocess.run(["taskset", "-c", "1", "wrk", "-t1", f"-c{given.connections}", f"-d{given.seconds}s", "--latency", *more,
                          url + path], capture_output=True, text=True, check=True).stdout
    spent = cpu_seconds(process.pid) - before
    if "Non-2xx" in out or ("Socket errors" in out and not more):
        raise SystemExit(out)
    requests = int(re.search(r"(\d+) requests in", out).group(1))
    amount, unit = re.search(r"50%\s+([\d.]+)(us|ms|s)", out).groups()
    return requests / given.seconds, float(amount) * {"us": 1e-3, "ms": 1, "s": 1e3}[unit], 1e6 * spent / requests


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", required=True)
    parser.add_argument("--aisle", default="build/release/src/app/aisle")
    for name, default in (("connections", 16), ("rounds", 5), ("seconds", 2), ("port", 18300)):
        parser.add_argument("--" + name, type=int, default=default)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                        "-subj", "/CN=bench", "-keyout", str(folder / "key.pem"), "-out", str(folder / "certificate.pem")],
                       check=True, capture_output=True)
        tls = {"AISLE_SERVE_TLS_CERTIFICATE": str(folder / "certificate.pem"), "AISLE_SERVE_TLS_KEY": str(folder / "key.pem")}
        servers = {}
        try:
            for i, (name, scheme, more) in enumerate((("plain", "http", {}), ("TLS", "https", tls))):
                data = folder / name
                shutil.copytree(given.data, data)
                url = f"{scheme}://127.0.0.1:{given.port + i}"
                process = subprocess.Popen(["taskset", "-c", "0", given.aisle, "serve", "--threads", "1", "--listen",
                                            f"127.0.0.1:{given.port + i}", "--data", str(data), "--quiet"],
                                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                           env={**os.environ, **more, "AISLE_SERVE_LOG_IMPRESSIONS": "false"})
                servers[name] = (process, url)
                wait_for(url, process)
            found = {}
            for _ in range(given.rounds):
                for case, (path, more) in CASES.items():
                    for name, (process, url) in servers.items():
                        found.setdefault((case, name), []).append(load(process, url, given, path, more))
        finally:
            for process, _ in servers.values():
                process.send_signal(signal.SIGTERM)
                process.wait(timeout=60)
    print(f"{'':24} {'plain/s':>9} {'TLS/s':>9} {'ratio':>6} {'p50 ms':>8} {'TLS':>8} {'CPU us':>7} {'TLS':>7}")
    for case in CASES:
        plain, over = ([statistics.median(figures) for figures in zip(*found[case, name])] for name in servers)
        ratio = statistics.median(b[0] / a[0] for a, b in zip(found[case, "plain"], found[case, "TLS"]))
        print(f"{case:24} {plain[0]:9,.0f} {over[0]:9,.0f} {ratio:6.2f} {plain[1]:8.3f} {over[1]:8.3f} {plain[2]:7.1f} {over[2]:7.1f}")


if __name__ == "__main__":
    main()
