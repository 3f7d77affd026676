"""The model service as a process: for anybody's file, for the shop's models, and in place of the server's own forest."""
import contextlib
import http.client
import json
import pathlib
import signal
import struct

import shop

CORPUS = pathlib.Path(__file__).resolve().parents[2] / "src/engines/forest/corpus"


class Service:
    """`aisle predict-server`, which says where it listens in its first line of JSON."""

    def __init__(self, data, *arguments, listen="127.0.0.1:0"):
        self.process = shop.start("predict-server", *arguments, "--listen", listen, "--threads", "1", "--json", data=data)
        line = self.process.stdout.readline()
        if not line:
            raise AssertionError(f"it ended: {self.process.communicate()[1]}")
        self.address = json.loads(line)["address"]

    def ask(self, method, path, body=None, headers=None):
        host, port = self.address.rsplit(":", 1)
        with contextlib.closing(http.client.HTTPConnection(host, int(port), timeout=30)) as connection:
            connection.request(method, path, body, headers or {})
            response = connection.getresponse()
            return response.status, dict(response.getheaders()), response.read()

    def post(self, path, value):
        status, _, body = self.ask("POST", path, json.dumps(value), {"Content-Type": "application/json"})
        return status, json.loads(body)

    def end(self, how=signal.SIGTERM):
        self.process.send_signal(how)
        said = self.process.communicate(timeout=shop.PATIENCE)[1]
        return self.process.returncode, said


class PredictServer(shop.ShopTest):
    def service(self, *arguments, **more):
        service = Service(self.data, *arguments, **more)
        self.addCleanup(lambda: service.process.poll() is None and service.end(signal.SIGKILL))
        return service

    def server(self, **environment):
        process = shop.start("serve", "--listen", "127.0.0.1:0", "--threads", "1", data=self.data, **environment)

        def end():
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=shop.PATIENCE)

        self.addCleanup(end)
        return shop.Server(self.data, process)

    def test_a_model_file_is_served_without_a_data_directory(self):
        service = self.service("--model", str(CORPUS / "dart.json"), "--model", str(CORPUS / "lightgbm_names.txt"))
        self.assertFalse(self.data.exists())
        rows = [[7, 1.5, None, 3], [2, 0, 2.25, -1]]
        status, answer = service.post("/predict", {"data": rows})
        self.assertEqual(status, 200)
        self.assertEqual([index for index, _ in answer["data"]], [7, 2])
        for _, features in answer["data"]:
            self.assertAlmostEqual(sum(features.values()), 1, places=6)
        self.assertEqual(service.post("/predict-proba", {"data": rows})[1], answer)

        # The same rows as binary tensors: the same bits.
        data = b"".join(struct.pack("<3f", *(float("nan") if value is None else value for value in row[1:])) for row in rows)
        head = json.dumps({"id": "b", "inputs": [{"name": "input", "shape": [2, 3], "datatype": "FP32", "parameters": {
            "binary_data_size": len(data)}}], "outputs": [{"name": "predict", "parameters": {"binary_data": True}}]}).encode()
        status, headers, body = service.ask("POST", "/v2/models/dart/infer", head + data,
                                            {"Inference-Header-Content-Length": str(len(head))})
        self.assertEqual(status, 200, body)
        length = int(headers["Inference-Header-Content-Length"])
        self.assertEqual(json.loads(body[:length])["id"], "b")
        as_float = [struct.unpack("<f", struct.pack("<f", features["output_feature_1"]))[0] for _, features in answer["data"]]
        self.assertEqual(list(struct.unpack("<2f", body[length:])), as_float)

        # Names of categories, by column.
        status, answer = service.post("/v2/models/lightgbm_names/infer", {"inputs": [
            {"name": "town", "shape": [2], "datatype": "BYTES", "data": ["Oslo", "Paris"]},
            {"name": "width", "shape": [2], "datatype": "FP64", "data": [0, 1]},
            {"name": "shop", "shape": [2], "datatype": "BYTES", "data": ["30", "20"]}]})
        self.assertEqual(status, 200, answer)
        self.assertEqual(answer["outputs"][0]["datatype"], "FP64")
        status, answer = service.post("/v2/models/dart/infer", {"inputs": []})
        self.assertEqual((status, list(answer)), (400, ["error"]))
        code, said = service.end()
        self.assertEqual(code, 0)
        self.assertIn("Model dart version 1", said)
        self.assertIn("Listening on http://127.0.0.1:", said)

    def test_what_cannot_be_served_is_said_at_the_start(self):
        self.assertIn("no model", self.fails(3, "predict-server"))
        self.assertIn("there is no such file", self.fails(3, "predict-server", "--model", "missing.ubj"))
        self.assertIn("cut_in_half", self.fails(2, "predict-server", "--model", str(CORPUS / "cut_in_half.ubj")))
        self.assertIn("not loopback", self.fails(2, "predict-server", "--model", str(CORPUS / "dart.json"), "--listen", "0.0.0.0:1"))
        service = self.service("--model", str(CORPUS / "dart.json"))
        said = self.fails(4, "predict-server", "--model", str(CORPUS / "dart.json"), "--listen", service.address)
        self.assertIn(f"process {service.process.pid}", said)

    def test_a_remote_ranking_is_the_local_one_and_the_server_outlives_its_service(self):
        self.copy_shop()
        service = self.service()
        local, asked = self.server(), [f"/recommend?customer_id={1000000 + i}&zip_code={i}0001&top_n=50" for i in range(10)]

        def answers(server):
            return [(a["model"], [(item["product_id"], item["score"], item["source"]) for item in a["recommendations"]])
                    for a in (server.get(path)[2] for path in asked)]

        wanted = answers(local)
        local.process.send_signal(signal.SIGTERM)
        local.process.wait(shop.PATIENCE)
        remote = self.server(AISLE_RANKING_BACKEND="remote", AISLE_RANKING_URL=f"http://{service.address}",
                             AISLE_SERVE_REQUEST_DEADLINE_MS="20000")
        self.assertEqual(answers(remote), wanted)
        self.assertEqual(json.loads(service.ask("GET", "/health")[2])["scored"]["requests"], 10)

        service.end(signal.SIGKILL)
        answer = remote.get(asked[0])[2]
        self.assertFalse(answer["timings"]["model_ok"])
        self.assertIn({"what": "model", "why": "unavailable"}, answer["degraded"])
        self.assertEqual({item["source"] for item in answer["recommendations"]}, {"propensity"})
        for path in asked:
            remote.get(path)
        self.assertIn("the model service does not answer: see the log", json.dumps(remote.get("/readyz")[2]))
        self.service(listen=service.address)
        shop.wait_until(lambda: remote.get(asked[0])[2]["timings"]["model_ok"], "the service is used again")
        self.assertEqual(answers(remote), wanted)
        self.assertNotIn("degraded", remote.get("/readyz")[2])

    def test_a_model_that_is_promoted_is_served_without_a_restart(self):
        self.copy_shop()
        service = self.service("--model", "ranking@champion")
        versions = lambda: json.loads(service.ask("GET", "/v2/models/ranking")[2])["versions"]
        self.assertEqual(versions(), ["1"])
        self.must("train", self.small_recipe("ranking"), "--no-promote")
        shop.wait_until(lambda: versions() == ["1", "2"], "the challenger is served by its number")
        current = lambda: json.loads(service.ask("GET", "/health")[2])["models"][0]["version"]
        self.assertEqual(current(), 1)
        self.must("models", "promote", "ranking/2")
        shop.wait_until(lambda: current() == 2, "the alias is followed")
        self.must("models", "rollback", "ranking")
        shop.wait_until(lambda: current() == 1, "and back")


if __name__ == "__main__":
    shop.unittest.main()
