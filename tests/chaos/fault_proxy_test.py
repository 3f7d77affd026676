"""Each fault of the proxy does what its name says, to a program that echoes, so that no case of chaos_test passes because its
fault never happened."""
import socket
import threading
import time
import unittest

from fault_proxy import Fault, FaultProxy, Way


class Echo:
    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = self.listener.getsockname()
        self.ended = threading.Semaphore(0)  # One for each connection whose end was seen.
        self.last_end = None
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.echo, args=(client,), daemon=True).start()

    def echo(self, client):
        with client:
            try:
                while data := client.recv(65536):
                    if data == b"bye":
                        break
                    client.sendall(data)
                self.last_end = "closed"
            except OSError:
                self.last_end = "reset"
        self.ended.release()


class Proxy(unittest.TestCase):
    def setUp(self):
        self.echo = Echo()
        self.addCleanup(self.echo.listener.close)
        self.proxy = FaultProxy(self.echo.address)
        self.addCleanup(self.proxy.close)

    def connect(self, timeout=30):
        client = socket.create_connection(("127.0.0.1", self.proxy.port), timeout=timeout)
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.addCleanup(client.close)
        return client

    def say(self, client, data=b"hello"):
        """What comes back, up to as much as was sent; less where the connection ends before."""
        client.sendall(data)
        heard = b""
        while len(heard) < len(data):
            more = client.recv(65536)
            if not more:
                break
            heard += more
        return heard

    def talking(self, **more):
        client = self.connect(**more)
        self.assertEqual(self.say(client), b"hello")
        return client

    def is_silent(self, client):
        client.settimeout(0.2)
        try:
            return client.recv(100) and False
        except TimeoutError:
            return True

    def test_without_a_fault_everything_passes(self):
        client = self.talking()
        data = bytes(range(256)) * 4000
        self.assertEqual(self.say(client, data), data)
        client.close()
        self.assertTrue(self.echo.ended.acquire(timeout=30))
        self.wait_for(lambda: not self.proxy.pairs)

    def wait_for(self, condition):
        end = time.monotonic() + 30
        while not condition():
            self.assertLess(time.monotonic(), end)
            time.sleep(0.01)

    def test_no_accept(self):
        old = self.talking()
        self.proxy.fault = Fault(accepts=False)
        self.assertEqual(self.say(old), b"hello")
        waiting = self.connect()
        waiting.sendall(b"hello")
        self.assertTrue(self.is_silent(waiting))
        self.proxy.fault = Fault()
        waiting.settimeout(30)
        self.assertEqual(waiting.recv(100), b"hello")

    def test_refused_at_the_door_and_at_the_same_port_again(self):
        self.proxy.fault = Fault(refuses=True)
        with self.assertRaises(ConnectionRefusedError):
            self.connect()
        self.proxy.fault = Fault()
        self.talking()

    def test_reset(self):
        client = self.talking()
        self.proxy.reset_all()
        with self.assertRaises(ConnectionResetError):
            client.recv(100)
        self.assertTrue(self.echo.ended.acquire(timeout=30))
        self.assertEqual(self.echo.last_end, "reset")
        self.talking()

    def test_close_all(self):
        client = self.talking()
        self.proxy.close_all()
        self.assertEqual(client.recv(100), b"")
        self.assertTrue(self.echo.ended.acquire(timeout=30))
        self.assertEqual(self.echo.last_end, "closed")

    def test_close_on_data_of_the_client_and_of_the_server(self):
        for fault in (Fault(to_server=Way(close_on_data=True)), Fault(to_client=Way(close_on_data=True))):
            self.proxy.fault = Fault()
            client = self.talking()
            self.proxy.fault = fault
            try:
                self.assertEqual(self.say(client), b"")
            except ConnectionResetError:
                pass

    def test_delay_each_way(self):
        for fault in (Fault(to_server=Way(delay_s=0.3)), Fault(to_client=Way(delay_s=0.3))):
            self.proxy.fault = Fault()
            client = self.talking()
            self.proxy.fault = fault
            begin = time.monotonic()
            self.assertEqual(self.say(client), b"hello")
            self.assertGreaterEqual(time.monotonic() - begin, 0.3)

    def test_bandwidth_each_way(self):
        data = b"x" * 2000
        for fault in (Fault(to_server=Way(bytes_per_s=4000)), Fault(to_client=Way(bytes_per_s=4000))):
            self.proxy.fault = fault
            client = self.connect()
            begin = time.monotonic()
            self.assertEqual(self.say(client, data), data)
            self.assertGreaterEqual(time.monotonic() - begin, 0.4)

    def test_slices_each_way_lose_nothing(self):
        data = bytes(range(256)) * 8
        for fault in (Fault(to_server=Way(slice_bytes=1)), Fault(to_client=Way(slice_bytes=1))):
            self.proxy.fault = fault
            self.assertEqual(self.say(self.connect(), data), data)
        # By one at a time: a receiver that is there sees more than one piece.
        client = self.connect()
        client.sendall(data)
        time.sleep(0.01)
        self.assertLess(len(client.recv(65536)), len(data))

    def test_so_many_bytes_and_then_cut_each_way(self):
        for fault, heard in ((Fault(to_server=Way(limit_bytes=7)), 7), (Fault(to_client=Way(limit_bytes=7)), 7)):
            self.proxy.fault = Fault()
            client = self.talking()  # What passed before does not count.
            self.proxy.fault = fault
            try:
                self.assertLessEqual(len(self.say(client, b"0123456789")), heard)
                self.assertEqual(client.recv(100), b"")
            except ConnectionResetError:
                pass
        client = self.connect()
        self.assertEqual(self.say(client, b"0123456789"), b"0123456")

    def test_corrupt_each_way(self):
        for fault in (Fault(to_server=Way(corrupt=True)), Fault(to_client=Way(corrupt=True))):
            self.proxy.fault = fault
            heard = self.say(self.connect())
            self.assertEqual(len(heard), 5)
            self.assertNotEqual(heard, b"hello")

    def test_stall_each_way(self):
        for fault in (Fault(to_server=Way(stall=True)), Fault(to_client=Way(stall=True))):
            self.proxy.fault = Fault()
            client = self.talking()
            self.proxy.fault = fault
            client.sendall(b"late")
            self.assertTrue(self.is_silent(client))
            self.proxy.fault = Fault()
            client.settimeout(30)
            self.assertEqual(client.recv(100), b"late")

    def test_half_open(self):
        client = self.talking()
        self.proxy.lose_servers()
        self.assertTrue(self.echo.ended.acquire(timeout=30))
        client.sendall(b"anybody?")
        self.assertTrue(self.is_silent(client))
        self.talking()

    def test_slow_close(self):
        self.proxy.fault = Fault(close_delay_s=0.3)
        client = self.talking()
        begin = time.monotonic()
        client.sendall(b"bye")
        self.assertEqual(client.recv(100), b"")
        self.assertGreaterEqual(time.monotonic() - begin, 0.3)


if __name__ == "__main__":
    unittest.main(verbosity=2)
