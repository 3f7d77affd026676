"""Runs a given aisle binary, asks its server over plain sockets, and writes what came back as lines that can be compared.

What must differ from one run to the next is replaced by a word in angle brackets or by a 0, and nothing else is touched: the
bytes of a JSON body stay as they came. Every wait is bounded; processes are ended by pid."""
import contextlib
import datetime
import hashlib
import http.client
import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import time
import zlib

PATIENCE = 300  # Seconds that one command may take on a busy machine.

# Headers that say nothing about the answer's meaning: the time of day, and a length that follows the timings' digits.
UNRECORDED = {"date", "content-length"}


class Normalizer:
    """Replaces what differs between two runs of one binary over the same data."""

    def __init__(self, folders):
        self.began = datetime.datetime.now(datetime.timezone.utc).date().isoformat()
        self.folders = folders  # Path -> the word that stands for it, longest first.

    def __call__(self, text):
        for folder, word in self.folders:
            text = text.replace(str(folder), word)
        text = re.sub(r'("(?:[a-z_]*(?:_ms|seconds)|uptime_s|age_s)"): ?-?[0-9.e+-]+', r"\1:0", text)
        text = re.sub(r'("impressions":\{"written"):\d+', r"\1:0", text)  # By a thread of its own, when it gets to it.
        # Progress comes as often as time allows.
        text = re.sub(r"(?m)^\d\d:\d\d:\d\d I   [a-z_. ]+: .*/s\)\n", "", text)
        text = re.sub(r"(?m)^\d\d:\d\d:\d\d (?=[A-Z] )", "<clock> ", text)
        text = re.sub(r'("request_id": ?)"[0-9a-f]{16}((?:\.\d+)?")', r'\1"<id>\2', text)
        text = re.sub(r"nonce-[0-9a-f]{32}", "nonce-<nonce>", text)
        text = re.sub(r'nonce="[0-9a-f]{32}"', 'nonce="<nonce>"', text)
        text = re.sub(r"127\.0\.0\.1:\d+", "127.0.0.1:<port>", text)
        text = re.sub(r"\bprocess \d+\b", "process <pid>", text)
        text = re.sub(r"\bsynthetic-\d{15,}\b", "synthetic-<time>", text)
        text = re.sub(r"\b\d+(?:\.\d+)? (ms|us|µs|s|min)\b", r"<time> \1", text)
        return re.sub(r"\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?: UTC|Z)?", self._time, text)

    def _time(self, match):
        # The data end long before the recording begins: what is later was written by the recording itself.
        return "<now>" if match[0][:10] >= self.began else match[0]


class Section:
    """One text file of the recording: a JSON line for each thing asked."""

    def __init__(self, folder, name, normalize):
        self.name, self.normalize, self.count = name, normalize, 0
        self.file = (folder / f"{name}.jsonl").open("w", encoding="utf-8", newline="\n")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.file.close()

    def add(self, ask, body, **more):
        """`body` goes in as it is where it is JSON, so that its bytes count; as a text in quotes where it is not."""
        body = self.normalize(body)
        head = {"ask": self.normalize(ask), **{key: _each(value, self.normalize) for key, value in more.items()}}
        line = json.dumps(head, ensure_ascii=False)
        self.file.write(f'{line[:-1]}, "body": {body if _is_json_line(body) else json.dumps(body, ensure_ascii=False)}}}\n')
        self.count += 1


def _each(value, normalize):
    if isinstance(value, str):
        return normalize(value)
    return {key: _each(inner, normalize) for key, inner in value.items()} if isinstance(value, dict) else value


def _is_json_line(text):
    if "\n" in text or not text.startswith(("{", "[")):
        return False
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


class Shop:
    """A data directory and the binary that works on it."""

    def __init__(self, binary, data):
        self.binary, self.data = str(binary), pathlib.Path(data)

    @staticmethod
    def environment():
        # Where the binary finds what it was built with stays; settings do not.
        kept = {key: value for key, value in os.environ.items()
                if not key.startswith("AISLE_") or key in ("AISLE_HOME", "AISLE_DUCKDB")}
        # One thread each: sums of doubles and boosted trees are the same again only then.
        return {**kept, "AISLE_TRAIN_THREADS": "1", "AISLE_WAREHOUSE_THREADS": "1"}

    def run(self, *arguments):
        """Exit code, standard output, standard error."""
        done = subprocess.run([self.binary, *arguments], capture_output=True, timeout=PATIENCE, stdin=subprocess.DEVNULL,
                              env={**self.environment(), "AISLE_DATA": str(self.data)})
        return done.returncode, done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace")

    def must(self, *arguments):
        """The output of a command that has to succeed; says how long it took."""
        began = time.monotonic()
        code, out, said = self.run(*arguments)
        if code != 0:
            raise SystemExit(f"record: aisle {' '.join(arguments)} ended with {code}:\n{said}")
        if arguments[0] != "sql":
            print(f"  {time.monotonic() - began:6.1f} s  aisle {' '.join(arguments)[:100]}", flush=True)
        return out

    def record(self, section, *arguments):
        """A command's whole outcome as one line of the section."""
        code, out, said = self.run(*arguments)
        section.add("aisle " + " ".join(arguments), out, exit=code, said=said)

    @contextlib.contextmanager
    def serving(self):
        process = subprocess.Popen([self.binary, "serve", "--listen", "127.0.0.1:0", "--threads", "1", "--data", str(self.data)],
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=self.environment())
        try:
            yield Server(_address(self.data, process))
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
            try:
                process.wait(timeout=30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _address(data, process):
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if process.poll() is not None:
            raise SystemExit(f"record: the server ended with {process.returncode}")
        try:
            written = json.loads((data / "run" / "serve.json").read_text())
            if written["pid"] == process.pid:
                return written["address"]
        except (OSError, ValueError):
            pass
        time.sleep(0.02)
    raise SystemExit("record: the server does not listen")


class Server:
    def __init__(self, address):
        host, port = address.rsplit(":", 1)
        self.place = (host, int(port))

    def get(self, section, target, fields=()):
        self.send(section, f"GET {target}", _head("GET", target, [("Host", "localhost"), *fields]))

    def post(self, section, target, body, kind="application/json", show=None):
        data = body if isinstance(body, bytes) else body.encode()
        fields = [("Host", "localhost"), ("Content-Type", kind), ("Content-Length", str(len(data)))]
        shown = data.decode(errors="backslashreplace") if show is None else show
        self.send(section, f"POST {target} {shown}" + ("" if kind == "application/json" else f" as {kind}"),
                  _head("POST", target, fields) + data)

    def send(self, section, name, data, with_id=True, finish=False):
        """Sends the bytes on a connection of their own and records the answer to them. `finish`: and no more will come."""
        if with_id:
            # An id of its own for each question, since impressions are kept once for each id.
            line, rest = data.split(b"\r\n", 1)
            data = line + b"\r\nX-Request-Id: golden-%08x\r\n" % zlib.crc32(section.name.encode() + data) + rest
        with socket.create_connection(self.place, timeout=30) as connection:
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # Answered before all was sent.
                connection.sendall(data)
                if finish:
                    connection.shutdown(socket.SHUT_WR)
            status, headers, body = _read(connection, "HEAD" if data.startswith(b"HEAD ") else "GET")
        kept = {key: value for key, value in sorted(headers) if key.lower() not in UNRECORDED}
        # The server's own id is drawn; the client's comes back.
        for key in kept:
            if key.lower() == "x-request-id" and re.fullmatch(r"[0-9a-f]{16}", kept[key]):
                kept[key] = "<id>"
        section.add(name, body, status=status, headers=kept)


def _head(method, target, fields):
    return (f"{method} {target} HTTP/1.1\r\n" + "".join(f"{key}: {value}\r\n" for key, value in fields) + "\r\n").encode()


def _read(connection, method):
    """Status, headers as pairs, and the answer's body."""
    response = http.client.HTTPResponse(connection, method=method)
    try:
        response.begin()
        return response.status, response.getheaders(), response.read().decode(errors="backslashreplace")
    except (http.client.HTTPException, OSError) as problem:
        return 0, [], f"no answer: {type(problem).__name__}"
    finally:
        response.close()


def digest(path):
    return hashlib.sha256(pathlib.Path(path).read_bytes()).hexdigest()[:16]
