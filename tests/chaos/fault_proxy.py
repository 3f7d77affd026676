"""A TCP proxy that breaks on order: it stands between two programs and does to their bytes what networks do.

  with FaultProxy(("127.0.0.1", 5432)) as proxy:   listens on a free port of 127.0.0.1, proxy.port
      proxy.fault = Fault(to_client=Way(delay_s=0.3))   from now on, connections that are there included
      proxy.fault = Fault()                             passes everything on again
      proxy.reset_all()                                 what happens once, to all that are there

It looks into no bytes and speaks no protocol, so TLS goes through it as it is. One thread of its own; `fault` may be set
from any, and each chunk of bytes meets the fault of the moment at which it arrives."""
import asyncio
import dataclasses
import socket
import struct
import threading

CHUNK = 65536


@dataclasses.dataclass(frozen=True)
class Way:
    """What happens to bytes in one direction."""
    delay_s: float = 0.0            # Each chunk waits so long.
    bytes_per_s: float = 0.0        # 0: as fast as it goes.
    slice_bytes: int = 0            # Passed on in pieces of so many, each in a packet of its own; 0: as they come.
    limit_bytes: int = -1           # So many are passed on, of all after the fault began on this connection; then both sides are cut.
    corrupt: bool = False           # One byte of each chunk is another.
    stall: bool = False             # Nothing gets through before this ends, as while a cable is out; then all of it.
    close_on_data: bool = False     # Both sides are closed when something comes this way, which is lost.


@dataclasses.dataclass(frozen=True)
class Fault:
    to_server: Way = Way()
    to_client: Way = Way()
    accepts: bool = True            # False: the system takes connections, up to a few, and nobody here does.
    refuses: bool = False           # Nobody listens at the port.
    close_delay_s: float = 0.0      # When one side closes, the other learns of it so much later.


class Pair:
    def __init__(self, client, server):
        self.client, self.server = client, server
        self.limits = {}    # By direction: the fault it began with, bytes passed on since.
        self.ways = []      # The tasks of both directions.
        self.ends_by = "close"  # Or "reset", or "hold": the client is not told.
        self.over = asyncio.Event()

    async def end(self, by):
        self.ends_by = by
        for way in self.ways:
            way.cancel()
        await self.over.wait()

    def close(self, held):
        """After its tasks have ended: the loop must not watch the number of a socket that is closed."""
        for end in (self.client, self.server):
            if self.ends_by == "hold" and end is self.client:
                held.append(end)
                continue
            if self.ends_by != "close":
                end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            end.close()
        self.over.set()


class FaultProxy:
    def __init__(self, to):
        self.to = to
        self.now = Fault()
        self.pairs = set()
        self.held = []       # Clients whose other half is gone and who are not told.
        self.accepted = 0
        self.port = 0
        self.listener = None
        self.accepting = None
        self.tasks = set()
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever)
        self.thread.start()
        self.on_loop(self.listen())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        async def end():
            await self.stop_listening()
            await self.end_all("reset")
            for task in list(self.tasks):
                task.cancel()
            await asyncio.gather(*self.tasks, return_exceptions=True)
            for client in self.held:
                client.close()
        self.on_loop(end())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()
        self.loop.close()

    def on_loop(self, what):
        """Runs it on the proxy's thread and waits for it."""
        return asyncio.run_coroutine_threadsafe(what, self.loop).result()

    @property
    def fault(self):
        return self.now

    @fault.setter
    def fault(self, fault):
        self.now = fault
        self.on_loop(self.listen())

    def reset_all(self):
        """Every connection ends by a reset, on both sides."""
        self.on_loop(self.end_all("reset"))

    def close_all(self):
        """Every connection ends in order, on both sides."""
        self.on_loop(self.end_all("close"))

    def lose_servers(self):
        """The server's half of every connection is gone, and the client's stays open and is told nothing, for good."""
        self.on_loop(self.end_all("hold"))

    # From here on, everything is on the loop.
    async def end_all(self, by):
        await asyncio.gather(*(pair.end(by) for pair in list(self.pairs)))

    async def stop_accepting(self):
        if self.accepting:
            self.accepting.cancel()
            await asyncio.gather(self.accepting, return_exceptions=True)
            self.accepting = None

    async def stop_listening(self):
        await self.stop_accepting()
        if self.listener:
            self.listener.close()
            self.listener = None

    async def listen(self):
        if self.now.refuses:
            await self.stop_listening()
            return
        if not self.listener:
            self.listener = socket.socket()
            self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self.listener.bind(("127.0.0.1", self.port))
            self.listener.listen(64)
            self.listener.setblocking(False)
            self.port = self.listener.getsockname()[1]
        if not self.now.accepts:
            await self.stop_accepting()
        elif not self.accepting:
            self.accepting = self.spawn(self.accept(self.listener))

    def spawn(self, task):
        spawned = self.loop.create_task(task)
        self.tasks.add(spawned)
        spawned.add_done_callback(self.tasks.discard)
        return spawned

    async def accept(self, listener):
        while True:
            client, _ = await self.loop.sock_accept(listener)
            self.accepted += 1
            self.spawn(self.serve(client))

    async def serve(self, client):
        server = socket.socket()
        for end in (client, server):
            end.setblocking(False)
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        pair = Pair(client, server)
        try:
            await self.loop.sock_connect(server, self.to)
        except OSError:
            pair.ends_by = "reset"
            pair.close(self.held)
            return
        pair.ways = [self.spawn(self.pump(pair, client, server, "to_server")),
                     self.spawn(self.pump(pair, server, client, "to_client"))]
        self.pairs.add(pair)
        try:
            done, _ = await asyncio.wait(pair.ways, return_when=asyncio.FIRST_COMPLETED)
            if self.now.close_delay_s and not any(way.cancelled() for way in done):
                # Meanwhile nobody takes what the other side sends.
                for way in pair.ways:
                    way.cancel()
                await asyncio.sleep(self.now.close_delay_s)
        finally:
            for way in pair.ways:
                way.cancel()
            await asyncio.gather(*pair.ways, return_exceptions=True)
            pair.close(self.held)
            self.pairs.discard(pair)

    async def pump(self, pair, source, sink, direction):
        try:
            while True:
                data = await self.loop.sock_recv(source, CHUNK)
                if not data:
                    return
                fault = self.now
                if not await self.pass_on(pair, sink, data, direction, fault):
                    return
        except (OSError, ValueError):
            return

    async def pass_on(self, pair, sink, data, direction, fault):
        """False: the connection ends here."""
        way = getattr(fault, direction)
        if way.close_on_data:
            return False
        while getattr(self.now, direction).stall:
            await asyncio.sleep(0.02)
        if way.delay_s:
            await asyncio.sleep(way.delay_s)
        if way.corrupt:
            middle = len(data) // 2
            data = data[:middle] + bytes([data[middle] ^ 0xFF]) + data[middle + 1:]
        if way.limit_bytes >= 0:
            since, passed = pair.limits.get(direction, (fault, 0))
            passed = passed if since is fault else 0
            data = data[:way.limit_bytes - passed]
            pair.limits[direction] = (fault, passed + len(data))
        size = way.slice_bytes or (max(1, int(way.bytes_per_s / 20)) if way.bytes_per_s else len(data) or 1)
        for at in range(0, len(data), size):
            piece = data[at:at + size]
            await self.loop.sock_sendall(sink, piece)
            if way.bytes_per_s:
                await asyncio.sleep(len(piece) / way.bytes_per_s)
            elif way.slice_bytes:
                await asyncio.sleep(0)
        return way.limit_bytes < 0 or pair.limits[direction][1] < way.limit_bytes
