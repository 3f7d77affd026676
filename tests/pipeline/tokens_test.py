"""Tokens from outside: made and revoked by the command line, shown by clients, while a server runs."""
import json
import socket

import shop

ASK = "/recommend?customer_id=1000000&zip_code=10001"


class Tokens(shop.ShopTest):
    def setUp(self):
        super().setUp()
        self.copy_shop()

    def create(self, *arguments):
        token = self.must("tokens", "create", *arguments).strip()
        self.assertRegex(token, r"^aisle_[0-9A-Za-z]{12}_[0-9A-Za-z]{49}$")
        return token

    def ask(self, server, token=None, target=ASK, method="GET", body=None):
        head = {"Content-Type": "application/json"}
        if token:
            head["Authorization"] = f"Bearer {token}"
        return server.ask(method, target, body, head)[0]

    def test_a_life_of_a_token(self):
        with self.serving() as server:
            self.assertEqual(self.ask(server), 200)
            reader = self.create("--role", "reader", "--expires", "7d", "--name", "storefront")
            shop.wait_until(lambda: self.ask(server) == 401, "the door is closed", 30)
            self.assertEqual(self.ask(server, reader), 200)
            self.assertEqual(server.ask("GET", ASK, None, {"Authorization": f'Snowflake Token="{reader}"'})[0], 200)
            for public in ("/", "/livez", "/readyz", "/health", "/v1/session"):
                self.assertEqual(self.ask(server, target=public), 200, public)
            change = json.dumps({"items": [{"product_id": 1, "region": "Northeast", "qty_on_hand": 0}]})
            self.assertEqual(self.ask(server, reader, "/v1/inventory", "PUT", change), 403)
            writer = self.create("--role", "writer", "--customers", "1000000-1000009")
            self.assertEqual(self.ask(server, writer, "/v1/inventory", "PUT", change), 200)
            self.assertEqual(self.ask(server, writer), 200)
            self.assertEqual(self.ask(server, writer, "/customers/1000010"), 403)
            self.assertEqual(self.ask(server, reader, "/v1/tokens"), 403)
            # Both secrets for the grace, then the new one alone.
            number = reader.split("_")[1]
            fresh = self.must("tokens", "rotate", number, "--grace", "2s").strip()
            self.assertEqual(fresh.split("_")[1], number)
            self.assertEqual(self.ask(server, fresh), 200)
            shop.wait_until(lambda: self.ask(server, reader) == 401, "the old secret ends", 30)
            self.must("tokens", "revoke", number)
            shop.wait_until(lambda: self.ask(server, fresh) == 401, "it is revoked", 30)
            self.assertEqual(self.ask(server, writer), 200)
            self.assertIn("no token", self.fails(3, "tokens", "revoke", "AAAAAAAAAAAA"))
            # A whole token given for its id is not repeated.
            self.assertNotIn(writer.split("_")[2], self.fails(2, "tokens", "revoke", writer))
        self.assertIn("Access: open", self.server_said)
        listed = self.must("tokens", "list")
        self.assertIn("storefront", listed)
        self.assertIn("revoked", listed)
        states = {entry["id"]: entry["state"] for entry in json.loads(self.must("tokens", "list", "--json"))}
        self.assertEqual(states, {number: "revoked", writer.split("_")[1]: "good"})
        actions = [json.loads(line)["action"] for line in self.must("tokens", "log", "--json").splitlines()]
        self.assertEqual([action for action in actions if action != "refused"], ["create", "create", "rotate", "revoke"])
        self.assertIn("refused", actions)
        # Neither secret nor its hash's source is anywhere that was written.
        for secret in (token.split("_")[2] for token in (reader, fresh, writer)):
            for path in (self.data / "access").iterdir():
                self.assertNotIn(secret, path.read_text())
            self.assertNotIn(secret, listed + self.server_said + self.must("tokens", "log"))
        self.assertEqual((self.data / "access" / "tokens.json").stat().st_mode & 0o777, 0o600)

    def test_the_network_needs_a_token(self):
        said = self.fails(2, "serve", "--listen", "0.0.0.0:0")
        self.assertIn("aisle tokens create", said)
        self.assertIn("aisle tokens create", self.fails(2, "predict-server", "--listen", "0.0.0.0:0"))
        token = self.create("--role", "reader")
        process = shop.start("serve", "--listen", "0.0.0.0:0", data=self.data)
        self.addCleanup(lambda: process.poll() is None and process.kill())
        port = int(shop.wait_until(lambda: shop.process_file(self.data, "serve"), "it listens")["address"].split(":")[1])

        def answer(head):
            with socket.create_connection(("127.0.0.1", port), shop.PATIENCE) as client:
                client.sendall(f"GET {ASK} HTTP/1.0\r\nHost: shop.example\r\n{head}\r\n".encode())
                return int(client.makefile().readline().split()[1])
        self.assertEqual(answer(""), 401)
        self.assertEqual(answer(f"Authorization: Bearer {token}\r\n"), 200)
        process.terminate()
        _, err = process.communicate(timeout=shop.PATIENCE)
        self.assertEqual(process.returncode, 0, err)
        self.assertIn("Access by token: 1 of 1", err)
        self.assertIn("without TLS", err)

    def test_a_unix_socket_needs_one_too(self):
        token = self.create("--role", "reader")
        path = self.folder / "aisle.sock"
        process = shop.start("serve", "--listen", f"unix:{path}", data=self.data)
        self.addCleanup(lambda: process.poll() is None and process.kill())
        shop.wait_until(lambda: shop.process_file(self.data, "serve"), "it listens")

        def answer(head):
            with socket.socket(socket.AF_UNIX) as client:
                client.connect(str(path))
                client.sendall(f"GET {ASK} HTTP/1.0\r\nHost: shop.example\r\n{head}\r\n".encode())
                return int(client.makefile().readline().split()[1])
        self.assertEqual(answer(""), 401)
        self.assertEqual(answer(f"Authorization: Bearer {token}\r\n"), 200)
        process.terminate()
        process.communicate(timeout=shop.PATIENCE)

    def test_wrong_arguments_make_nothing(self):
        for wrong in (["--role", "king"], [], ["--role", "reader", "--expires", "never"],
                      ["--role", "reader", "--customers", "7-1"], ["--role", "reader", "--rate", "0"]):
            self.fails(2, "tokens", "create", *wrong)
        self.assertFalse((self.data / "access" / "tokens.json").exists())
        self.assertEqual(json.loads(self.must("tokens", "list", "--json")), [])


if __name__ == "__main__":
    shop.main()
