#!/usr/bin/env python3
"""What gzip makes of real answers, and what it costs the event loop: batches of several sizes, with Accept-Encoding and without, in turns.

    python3 bench/answers_as_gzip.py --data DIR [--aisle BINARY] [--rounds 5] [--asks 40] [--customers 600]

DIR: an aisle data directory with a published shop. Prints for each size the bytes both ways, the CPU microseconds of the server that an answer takes
more, and the speed of a network below which the client has the compressed answer sooner: the bits that are saved, over that time.
"""
import argparse, gzip, http.client, json, os, pathlib, signal, statistics, subprocess

from requests_beside_nginx import wait_for


def cpu_us(pid):
    """Of all its threads, by the scheduler's own count: clock ticks are too coarse."""
    return sum(int((task / "schedstat").read_text().split()[0]) for task in pathlib.Path(f"/proc/{pid}/task").iterdir()) / 1e3


def ask(connection, rows, headers, customers):
    body = json.dumps({"data": [[i, {"customer_id": 1000000 + i % customers, "zip_code": "10001", "dry_run": True}] for i in range(rows)]})
    connection.request("POST", "/recommend", body, {"Content-Type": "application/json", **headers})
    response = connection.getresponse()
    answer = response.read()
    if response.status != 200:
        raise SystemExit(answer)
    return answer


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", required=True)
    parser.add_argument("--aisle", default="build/release/src/app/aisle")
    for name, default in (("rounds", 5), ("asks", 40), ("port", 18400), ("customers", 600)):
        parser.add_argument("--" + name, type=int, default=default)
    given = parser.parse_args()
    address = f"127.0.0.1:{given.port}"
    process = subprocess.Popen(["taskset", "-c", "0", given.aisle, "serve", "--threads", "1", "--listen", address, "--data", given.data,
                                "--quiet"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                               env={**os.environ, "AISLE_HTTP_COMPRESS_BYTES": "1"})
    try:
        wait_for(address, process)
        connection = http.client.HTTPConnection("127.0.0.1", given.port, timeout=30)
        print(f"{'rows':>5} {'bytes':>9} {'gzip':>9} {'of it':>6} {'CPU us more':>12} {'pays below, Mbit/s':>19}")
        for rows in (1, 4, 16, 64, 256):
            plain = ask(connection, rows, {}, given.customers)
            packed = ask(connection, rows, {"Accept-Encoding": "gzip"}, given.customers)
            assert len(json.loads(gzip.decompress(packed))["data"]) == rows
            more = []
            asks = max(4, given.asks * 64 // rows)
            for _ in range(given.rounds):
                spent = []
                for headers in ({}, {"Accept-Encoding": "gzip"}):
                    before = cpu_us(process.pid)
                    for _ in range(asks):
                        ask(connection, rows, headers, given.customers)
                    spent.append((cpu_us(process.pid) - before) / asks)
                more.append(spent[1] - spent[0])
            extra = max(statistics.median(more), 0.1)
            print(f"{rows:5} {len(plain):9,} {len(packed):9,} {len(packed) / len(plain):6.2f} {extra:12.0f} "
                  f"{8 * (len(plain) - len(packed)) / extra:19,.0f}", flush=True)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=60)


if __name__ == "__main__":
    main()
