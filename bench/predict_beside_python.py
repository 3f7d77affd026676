#!/usr/bin/env python3
"""`aisle predict-server` beside a model service in Python, on the same model and the same rows, in one run.

    python3 bench/predict_beside_python.py --python VENV/bin/python [--aisle BINARY] [--service FOLDER:MODULE] [--rounds 3]

VENV has xgboost, scikit-learn, pandas, fastapi, uvicorn, httptools, uvloop. Trains a model of the reference's shape (300
trees of depth 8, 14 inputs; rows at random, with a rule in them), makes a request of 1,700 rows, asks every side for its
answer once and compares the probabilities bit by bit, then asks each in turns: one connection for the latency, four for
the rate. Each server has one thread (uvicorn: one worker, XGBoost one thread) and core 0, wrk core 1. Prints medians over
the rounds. --service: another program in Python to stand beside, of the same form.
"""
import argparse, json, os, pathlib, re, signal, statistics, struct, subprocess, sys, tempfile, time, urllib.request

HERE = pathlib.Path(__file__).resolve().parent
TRAIN = """
import json, numpy, sys, xgboost
folder, rows = sys.argv[1], 1700
names = ["age", "tenure_months", "loyalty_tier_num", "total_orders", "lifetime_spend", "avg_order_value", "days_since_purchase",
         "engagement_score", "avg_browsed_price", "price", "product_tier", "is_perishable", "price_ratio", "spend_match"]
chance = numpy.random.default_rng(7)
x = chance.gamma(2.0, 30.0, (60000, len(names))).round(2).astype(numpy.float32)
y = (chance.random(len(x)) < 1 / (1 + numpy.exp(-(x[:, 9] - x[:, 8]) / 40 + x[:, 0] / 90 * numpy.sin(x[:, 4] / 25)))).astype(int)
model = xgboost.XGBClassifier(n_estimators=300, max_depth=8, learning_rate=0.08, tree_method="hist", n_jobs=2)
model.fit(x, y, verbose=False)
model.get_booster().feature_names = names
model.save_model(folder + "/model.json")
# A request: a customer's inputs are the same in every row.
request = chance.gamma(2.0, 30.0, (rows, len(names))).round(2).astype(numpy.float32)
request[:, :9] = request[0, :9]
request.tofile(folder + "/rows.f32")
body = json.dumps({"data": [[i] + [float(str(v)) for v in row] for i, row in enumerate(request)]})
open(folder + "/predict.json", "w").write(body)
v2 = {"inputs": [{"name": "input", "shape": [rows, len(names)], "datatype": "FP32",
                  "data": [float(str(v)) for v in request.ravel()]}], "outputs": [{"name": "predict"}]}
open(folder + "/infer.json", "w").write(json.dumps(v2))
model.get_booster().set_param({"nthread": 1})
model.predict_proba(request)[:, 1].astype(numpy.float32).tofile(folder + "/wanted.f32")
"""
LUA = """
local file = io.open("%s", "rb")
wrk.method, wrk.body = "POST", file:read("*all")
%s
done = function(summary, latency, requests)
  local e = summary.errors
  io.write(string.format("RESULT %%d %%d %%.4f %%.4f %%d\\n", summary.requests,
    e.connect + e.read + e.write + e.status + e.timeout, latency:percentile(50) / 1000, latency:percentile(99) / 1000,
    summary.duration))
end
"""


def wait_for(port, process):
    for _ in range(600):
        try:
            return urllib.request.urlopen(f"http://127.0.0.1:{port}/livez", timeout=1).status
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            if process.poll() is not None:
                raise SystemExit(f"{process.args} ended with {process.returncode}")
            time.sleep(0.05)
    raise SystemExit(f"port {port} does not answer")


def floats(data):
    return struct.unpack(f"<{len(data) // 4}f", data)


class Way:
    """A way to ask one side: where, with which body."""

    def __init__(self, name, port, path, body, headers):
        self.name, self.port, self.path, self.body, self.headers = name, port, path, body, headers

    def ask(self):
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{self.path}", self.body.read_bytes(), self.headers)
        with urllib.request.urlopen(request, timeout=60) as answer:
            body = answer.read()
            length = answer.headers.get("Inference-Header-Content-Length")
        if length:
            return floats(body[int(length):])
        answer = json.loads(body)
        values = (answer["outputs"][0]["data"] if "outputs" in answer
                  else [features["output_feature_1"] for _, features in answer["data"]])
        return floats(struct.pack(f"<{len(values)}f", *values))

    def load(self, folder, connections, seconds):
        lua = folder / "load.lua"
        lua.write_text(LUA % (self.body, "\n".join(f'wrk.headers["{k}"] = "{v}"' for k, v in self.headers.items())))
        out = subprocess.run(["taskset", "-c", "1", "wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "60s", "-s",
                              str(lua), f"http://127.0.0.1:{self.port}{self.path}"], capture_output=True, text=True).stdout
        found = re.search(r"RESULT (\S+) (\S+) (\S+) (\S+) (\S+)", out)
        if not found or int(found[2]):
            raise SystemExit(f"{self.name}: requests failed\n{out}")
        return int(found[1]) / (int(found[5]) / 1e6), float(found[3]), float(found[4])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--python", required=True)
    parser.add_argument("--aisle", default="build/release/src/app/aisle")
    parser.add_argument("--service", default=f"{HERE}:python_model_service")
    for name, default in (("rounds", 3), ("seconds", 5), ("port", 18300)):
        parser.add_argument("--" + name, type=int, default=default)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        subprocess.run([given.python, "-c", TRAIN, name], check=True)
        wanted = floats((folder / "wanted.f32").read_bytes())
        rows = (folder / "rows.f32").read_bytes()
        head = json.dumps({"inputs": [{"name": "input", "shape": [1700, 14], "datatype": "FP32", "parameters":
                                       {"binary_data_size": len(rows)}}],
                           "outputs": [{"name": "predict", "parameters": {"binary_data": True}}]}).encode()
        (folder / "infer.bin").write_bytes(head + rows)
        where, module = given.service.rsplit(":", 1)
        json_type = {"Content-Type": "application/json"}
        servers, ways = [], []
        try:
            def start(command, port, **environment):
                process = subprocess.Popen(["taskset", "-c", "0"] + command, env=dict(os.environ, **environment), cwd=where,
                                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
                servers.append(process)
                wait_for(port, process)

            port = given.port
            start([str(pathlib.Path(given.aisle).resolve()), "predict-server", "--model", f"{name}/model.json", "--threads", "1",
                   "--listen", f"127.0.0.1:{port}"], port)
            ways.append(Way("aisle, /predict", port, "/predict", folder / "predict.json", json_type))
            ways.append(Way("aisle, v2 JSON", port, "/v2/models/model/infer", folder / "infer.json", json_type))
            ways.append(Way("aisle, v2 binary", port, "/v2/models/model/infer", folder / "infer.bin",
                            {"Content-Type": "application/octet-stream", "Inference-Header-Content-Length": str(len(head))}))
            for implementation in ("frame", "lean"):
                port += 1
                # "pandas" is what another service of this form calls its frames.
                start([given.python, "-m", "uvicorn", f"{module}:app", "--host", "127.0.0.1", "--port", str(port), "--no-access-log",
                       "--log-level", "warning", "--loop", "uvloop", "--http", "httptools"], port, MODEL_FILE=f"{name}/model.json",
                      MODEL_IMPL="pandas" if implementation == "frame" and where != str(HERE) else implementation,
                      MODEL_NTHREAD="1", OMP_NUM_THREADS="1", BASELINE_ROOT=name)
                ways.append(Way(f"Python, {implementation}", port, "/predict", folder / "predict.json", json_type))
            for way in ways:
                differ = sum(a != b for a, b in zip(way.ask(), wanted, strict=True))
                print(f"{way.name}: {differ} of {len(wanted)} probabilities differ from XGBoost's", file=sys.stderr)
                if differ:
                    raise SystemExit("the sides do not answer the same")
            rounds = [[(way.load(folder, 1, given.seconds), way.load(folder, 4, given.seconds)) for way in ways]
                      for _ in range(given.rounds)]
        finally:
            for process in servers:
                process.send_signal(signal.SIGTERM)
                process.wait(timeout=60)
    print(f"{'side':18} {'p50 ms':>9} {'p99 ms':>9} {'requests/s':>11} {'at four':>9} {'times frame':>12} {'times lean':>11}")
    medians = [[statistics.median(r[w][c][f] for r in rounds) for c, f in ((0, 1), (0, 2), (0, 0), (1, 0))] for w in range(len(ways))]
    for way, (p50, p99, rate, four) in zip(ways, medians):
        print(f"{way.name:18} {p50:9.3f} {p99:9.3f} {rate:11,.1f} {four:9,.1f} {four / medians[3][3]:12.1f} {four / medians[4][3]:11.1f}")


if __name__ == "__main__":
    main()
