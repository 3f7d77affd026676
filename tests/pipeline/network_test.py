"""The server as a network has it: over TLS with certificates that change, on a socket that was handed over, and how it stops."""
import contextlib
import http.client
import json
import os
import signal
import socket
import ssl
import subprocess

import shop


class Network(shop.ShopTest):
    def setUp(self):
        super().setUp()
        self.copy_shop()
        self.certificate, self.key = self.folder / "certificate.pem", self.folder / "key.pem"

    def make_pair(self, name):
        made = self.folder / "made"
        made.mkdir(exist_ok=True)
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days",
                        "2", "-subj", f"/CN={name}", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout",
                        str(made / "key.pem"), "-out", str(made / "certificate.pem")], check=True, capture_output=True)
        return (made / "certificate.pem").read_bytes(), (made / "key.pem").read_bytes()

    def put_pair(self, name):
        certificate, key = self.make_pair(name)
        self.certificate.write_bytes(certificate)
        self.key.write_bytes(key)

    def tls_settings(self):
        return {"AISLE_SERVE_TLS_CERTIFICATE": str(self.certificate), "AISLE_SERVE_TLS_KEY": str(self.key),
                "AISLE_SERVE_TLS_LOOK_EVERY_S": "86400"}

    @contextlib.contextmanager
    def running(self, *arguments, **more):
        """A server whatever it listens on; ended by SIGTERM unless it has ended by then."""
        process = shop.start("serve", *arguments, data=self.data, **more)
        try:
            yield shop.Server(self.data, process)
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
            self.server_said = process.communicate(timeout=shop.PATIENCE)[1]
            self.server_code = process.returncode

    def exchange(self, server, method, path, body=None, head=None, trusted=None):
        """Over TLS, where the server's certificate must be the one that is trusted. Status, fields, and JSON."""
        port = server.address.rsplit(":", 1)[1]
        context = ssl.create_default_context(cadata=trusted)
        with contextlib.closing(http.client.HTTPSConnection("127.0.0.1", int(port), timeout=30, context=context)) as connection:
            connection.request(method, path, body, head or {})
            response = connection.getresponse()
            return response.status, dict(response.getheaders()), json.loads(response.read() or "null")

    def ask(self, server, path, trusted=None):
        status, _, answer = self.exchange(server, "GET", path, trusted=trusted)
        return status, answer

    def test_tls_is_verified_by_its_clients_and_a_new_pair_is_taken_at_sighup(self):
        self.put_pair("first.example")
        first = self.certificate.read_text()
        with self.running("--listen", "127.0.0.1:0", **self.tls_settings()) as server:
            self.assertTrue(server.address.startswith("https://127.0.0.1:"), server.address)
            status, answer = self.ask(server, "/recommend?customer_id=1000000&zip_code=10001", first)
            self.assertEqual((status, answer["customer_id"]), (200, 1000000))
            self.assertEqual(self.status()["problems"], [])  # It asks over TLS too.

            self.certificate.write_text("nonsense")
            server.process.send_signal(signal.SIGHUP)
            shop.wait_until(lambda: "degraded" in self.ask(server, "/readyz", first)[1], "the broken pair is said")
            degraded = self.ask(server, "/readyz", first)[1]["degraded"]
            self.assertEqual([one["what"] for one in degraded], ["certificate"])
            problems = self.status()["problems"]
            self.assertTrue(any("TLS: the new certificate" in one for one in problems), problems)

            self.put_pair("second.example")
            second = self.certificate.read_text()
            server.process.send_signal(signal.SIGHUP)
            shop.wait_until(lambda: "second.example" in self.subject(server), "the new pair is shown")
            self.assertEqual(self.ask(server, "/readyz", second)[0], 200)
            with self.assertRaises(ssl.SSLError):
                self.ask(server, "/readyz", first)
            self.assertEqual(self.status()["problems"], [])
        self.assertEqual(self.server_code, 0, self.server_said)
        self.assertIn("TLS: CN = first.example, until ", self.server_said)
        self.assertIn("certificate.pem holds no certificate", self.server_said)

    def test_over_tls_a_token_works_and_a_session_is_of_tls_alone(self):
        self.put_pair("shop.example")
        trusted = self.certificate.read_text()
        token = self.must("tokens", "create", "--role", "writer").strip()
        path = "/recommend?customer_id=1000000&zip_code=10001"
        change = json.dumps({"items": [{"product_id": 1, "region": "Northeast", "qty_on_hand": 0}]})
        with self.running("--listen", "0.0.0.0:0", **self.tls_settings()) as server:
            def ask(method, target, body=None, **head):
                fields = {"Content-Type": "application/json", **head}
                return self.exchange(server, method, target, body, fields, trusted)
            self.assertEqual(ask("GET", path)[0], 401)
            self.assertEqual(ask("GET", path, Authorization=f"Bearer {token}")[0], 200)
            self.assertEqual(ask("OPTIONS", path)[0], 204)
            status, fields, _ = ask("POST", "/v1/session", json.dumps({"token": token}))
            self.assertEqual(status, 200)
            cookie, *attributes = fields["Set-Cookie"].split("; ")
            self.assertEqual(cookie, f"__Host-aisle_session={token}")
            self.assertLessEqual({"Secure", "HttpOnly", "Path=/", "SameSite=Strict"}, set(attributes))
            self.assertEqual(ask("GET", path, Cookie=cookie)[0], 200)
            self.assertEqual(ask("PUT", "/v1/inventory", change, Cookie=cookie)[0], 403)
            own = f"https://127.0.0.1:{server.address.rsplit(':', 1)[1]}"
            self.assertEqual(ask("PUT", "/v1/inventory", change, Cookie=cookie, Origin=own)[0], 200)
            self.assertIn("Secure", ask("DELETE", "/v1/session", Cookie=cookie)[1]["Set-Cookie"])
            self.assertEqual(self.status()["problems"], [])
        self.assertEqual(self.server_code, 0, self.server_said)
        self.assertIn("Access by token: 1 of 1", self.server_said)
        self.assertNotIn("without TLS", self.server_said)

    def subject(self, server):
        host, port = server.address.removeprefix("https://").rsplit(":", 1)
        pem = ssl.get_server_certificate((host, int(port)))
        return subprocess.run(["openssl", "x509", "-noout", "-subject"], input=pem, text=True, check=True,
                              capture_output=True).stdout

    def test_settings_that_cannot_be_served_with_are_refused(self):
        self.put_pair("shop.example")
        half = {"AISLE_SERVE_TLS_CERTIFICATE": str(self.certificate)}
        self.assertIn("a pair", self.fails(2, "serve", "--listen", "127.0.0.1:0", **half))
        gone = {**self.tls_settings(), "AISLE_SERVE_TLS_KEY": str(self.folder / "nowhere.pem")}
        self.assertIn("nowhere.pem", self.fails(3, "serve", "--listen", "127.0.0.1:0", **gone))
        on_unix = f"unix:{self.folder}/aisle.sock"
        self.assertIn("TLS is for TCP", self.fails(2, "serve", "--listen", on_unix, **self.tls_settings()))
        self.assertIn("none was handed over", self.fails(2, "serve", "--listen", "systemd"))
        self.assertIn("systemd hands its socket", self.fails(2, "up", "--listen", "systemd"))
        self.assertIn("minimum_version", self.fails(2, "serve", AISLE_SERVE_TLS_MINIMUM_VERSION="1.1"))

    def test_sigterm_says_that_it_is_not_ready_while_it_still_answers(self):
        with self.running("--listen", "127.0.0.1:0", AISLE_SERVE_DRAIN_WAIT_MS="600000") as server:
            self.assertEqual(server.get("/readyz")[0], 200)
            server.process.send_signal(signal.SIGTERM)
            shop.wait_until(lambda: server.get("/readyz")[0] == 503, "it is not ready any more")
            self.assertEqual(server.get("/readyz")[2]["type"], "urn:problem-type:aisle:draining")
            for _ in range(5):
                self.answer(server)
            # The next signal, which running() sends, does not wait.
        self.assertEqual(self.server_code, 0, self.server_said)
        self.assertIn("stopping in 600000 ms; /readyz says so from now on", self.server_said)

    def test_it_ends_by_itself_when_the_wait_is_over(self):
        with self.running("--listen", "127.0.0.1:0", AISLE_SERVE_DRAIN_WAIT_MS="300") as server:
            server.process.send_signal(signal.SIGTERM)
            server.process.wait(timeout=shop.PATIENCE)
        self.assertEqual(self.server_code, 0, self.server_said)

    def start_with(self, handed, *arguments):
        """As systemd starts it: the socket is descriptor 3, and the process knows its own number."""
        command = ["sh", "-c", 'export LISTEN_PID=$$; exec "$@"', "sh", shop.AISLE, "serve", *arguments, "--data", str(self.data)]
        kept = os.dup(3) if handed.fileno() != 3 and self.is_open(3) else None
        if handed.fileno() != 3:
            os.dup2(handed.fileno(), 3)
        try:
            return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, pass_fds=(3,),
                                    env=shop.environment(LISTEN_FDS="1", LISTEN_FDNAMES="http"))
        finally:
            if kept is not None:
                os.dup2(kept, 3, inheritable=False)
                os.close(kept)
            elif handed.fileno() != 3:
                os.close(3)

    @staticmethod
    def is_open(descriptor):
        try:
            os.fstat(descriptor)
            return True
        except OSError:
            return False

    def test_a_handed_socket_outlives_the_server_and_nobody_is_refused_meanwhile(self):
        with socket.create_server(("127.0.0.1", 0)) as handed:
            address = handed.getsockname()
            for listen in ("systemd", "systemd:http"):
                # Who comes before the server is there waits for it.
                waiting = http.client.HTTPConnection(*address, timeout=shop.PATIENCE)
                waiting.request("GET", "/recommend?customer_id=1000000&zip_code=10001")
                process = self.start_with(handed, "--listen", listen)
                try:
                    self.assertEqual(waiting.getresponse().status, 200)
                    server = shop.Server(self.data, process)
                    self.assertEqual(server.address, f"127.0.0.1:{address[1]}")
                    self.answer(server)
                finally:
                    process.send_signal(signal.SIGTERM)
                    said = process.communicate(timeout=shop.PATIENCE)[1]
                    waiting.close()
                self.assertEqual(process.returncode, 0, said)

    def test_a_handed_socket_of_the_network_needs_tokens(self):
        with socket.create_server(("0.0.0.0", 0)) as handed:
            process = self.start_with(handed, "--listen", "systemd")
            said = process.communicate(timeout=shop.PATIENCE)[1]
            self.assertEqual(process.returncode, 2, said)
            self.assertIn("systemd (0.0.0.0:", said)
            self.assertIn("is not loopback", said)
            self.must("tokens", "create", "--role", "reader")
            process = self.start_with(handed, "--listen", "systemd")
            try:
                server = shop.Server(self.data, process)
                self.assertEqual(server.get("/livez")[0], 200)
                self.assertEqual(server.get("/recommend?customer_id=1000000")[0], 401)
            finally:
                process.send_signal(signal.SIGTERM)
                said = process.communicate(timeout=shop.PATIENCE)[1]
            self.assertEqual(process.returncode, 0, said)
            self.assertIn("without TLS", said)

    def test_ipv6_of_the_network_needs_tokens(self):
        self.assertIn("is not loopback", self.fails(2, "serve", "--listen", "[::]:0"))
        self.must("tokens", "create", "--role", "reader")
        with self.running("--listen", "[::]:0") as server:
            port = int(server.address.rsplit(":", 1)[1])
            with contextlib.closing(http.client.HTTPConnection("::1", port, timeout=30)) as connection:
                connection.request("GET", "/recommend?customer_id=1000000")
                self.assertEqual(connection.getresponse().status, 401)
        self.assertEqual(self.server_code, 0, self.server_said)

    def test_ipv6_is_served_on(self):
        with self.running("--listen", "[::1]:0") as server:
            host, port = server.address.rsplit(":", 1)
            with contextlib.closing(http.client.HTTPConnection(host.strip("[]"), int(port), timeout=30)) as connection:
                connection.request("GET", "/livez")
                self.assertEqual(connection.getresponse().status, 200)
            self.assertEqual(self.status()["problems"], [])


if __name__ == "__main__":
    shop.main()
