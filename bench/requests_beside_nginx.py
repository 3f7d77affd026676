#!/usr/bin/env python3
"""Requests a second of one event loop of `aisle serve`, by one binary or several in turns, beside nginx that sends one
such answer as a static file.

    python3 bench/requests_beside_nginx.py --data DIR ... [--aisle BINARY ...] [--connections 16] [--rounds 5] [--seconds 2]

A DIR for each binary, which keeps its own to itself: aisle data directories of the same published shop. Needs nginx and wrk. Each server runs on core 0 with one thread, wrk
on core 1; customers of the answer come in turn. Prints medians over the rounds: requests a second, the share of nginx's,
p50 and p99 in milliseconds, CPU microseconds a request. One request that fails ends the run.
"""
import argparse, os, pathlib, re, signal, statistics, subprocess, tempfile, time, urllib.request

from swap_while_serving import LUA

NGINX = """
daemon off; master_process off; worker_processes 1; pid {folder}/pid; error_log {folder}/error;
events {{ worker_connections 1024; }}
http {{
  access_log off; keepalive_requests 1000000000; sendfile on; tcp_nodelay on; default_type application/json;
  client_body_temp_path {folder}/t; proxy_temp_path {folder}/t; fastcgi_temp_path {folder}/t;
  uwsgi_temp_path {folder}/t; scgi_temp_path {folder}/t;
  server {{ listen 127.0.0.1:{port}; root {folder}; location / {{ try_files /answer.json =404; }} }}
}}
"""


def cpu_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def wait_for(address, process):
    for _ in range(200):
        try:
            return urllib.request.urlopen(f"http://{address}/livez", timeout=1).status
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            if process.poll() is not None:
                raise SystemExit(f"{process.args[0]} ended with {process.returncode}")
            time.sleep(0.05)
    raise SystemExit(f"{address} does not answer")


def load(process, address, given, lua):
    before = cpu_seconds(process.pid)
    out = subprocess.run(["taskset", "-c", "1", "wrk", "-t1", f"-c{given.connections}", f"-d{given.seconds}s", "-s", lua,
                          f"http://{address}"], capture_output=True, text=True, check=True).stdout
    spent = cpu_seconds(process.pid) - before
    requests, errors, p50, p99, *_ = re.search(r"RESULT (.*)", out).group(1).split()
    if int(errors) or "Non-2xx" in out:
        raise SystemExit(f"{errors} of {requests} requests failed:\n{out}")
    return int(requests) / given.seconds, float(p50), float(p99), 1e6 * spent / int(requests)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", nargs="+", required=True)
    parser.add_argument("--aisle", nargs="+", default=["build/release/src/app/aisle"])
    for name, default in (("connections", 16), ("rounds", 5), ("seconds", 2), ("port", 18200)):
        parser.add_argument("--" + name, type=int, default=default)
    given = parser.parse_args()
    if len(given.data) != len(given.aisle):
        parser.error(f"{len(given.aisle)} binaries need as many data directories, not {len(given.data)}")
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        lua = pathlib.Path(folder) / "requests.lua"
        lua.write_text(LUA)
        servers = []
        try:
            for i, (aisle, data) in enumerate(zip(given.aisle, given.data)):
                address = f"127.0.0.1:{given.port + 1 + i}"
                process = subprocess.Popen(["taskset", "-c", "0", aisle, "serve", "--threads", "1", "--listen", address,
                                            "--data", data, "--quiet"], stdout=subprocess.DEVNULL,
                                           stderr=subprocess.DEVNULL)
                servers.append((aisle, process, address))
                wait_for(address, process)
            body = urllib.request.urlopen(f"http://{servers[-1][2]}/recommend?customer_id=1000000&zip_code=10001&top_n=5")
            (pathlib.Path(folder) / "answer.json").write_bytes(body.read())
            config = pathlib.Path(folder) / "nginx.conf"
            config.write_text(NGINX.format(folder=folder, port=given.port))
            process = subprocess.Popen(["taskset", "-c", "0", "nginx", "-c", str(config)], stdout=subprocess.DEVNULL,
                                       stderr=subprocess.DEVNULL)
            servers.append(("nginx", process, f"127.0.0.1:{given.port}"))
            wait_for(servers[-1][2], process)
            rounds = [[load(process, address, given, str(lua)) for _, process, address in servers]
                      for _ in range(given.rounds)]
        finally:
            for _, process, _ in servers:
                process.send_signal(signal.SIGTERM)
                process.wait(timeout=60)
    medians = [[statistics.median(figures) for figures in zip(*of_server)] for of_server in zip(*rounds)]
    print(f"{'server':44} {'requests/s':>10} {'of nginx':>9} {'p50 ms':>8} {'p99 ms':>8} {'CPU us':>7}")
    for (name, _, _), (rate, p50, p99, cpu) in zip(servers, medians):
        print(f"{name[-44:]:44} {rate:10,.0f} {rate / medians[-1][0]:9.2f} {p50:8.3f} {p99:8.3f} {cpu:7.1f}")


if __name__ == "__main__":
    main()
