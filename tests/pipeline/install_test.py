"""What `./aisle install` leaves runs for anybody, from any place: in a root of its own, without shell, home or rights."""
import json
import os
import pathlib
import re
import shutil
import socket
import subprocess
import tempfile
import time
import unittest

import shop

NOBODY = "65534"
# The C library is the machine's own; everything else comes with the program.
C_LIBRARY = ("libc.so.6", "libm.so.6", "libdl.so.2", "librt.so.1", "libpthread.so.0",
             "libresolv.so.2")


def installed(folder):
    build = pathlib.Path(shop.AISLE).resolve().parents[2]
    subprocess.run(["cmake", "--install", str(build), "--prefix", str(folder)], check=True, capture_output=True)
    return folder


def ask(path, target):
    """The body of an answer over a Unix socket, once somebody listens there."""
    for attempt in range(shop.PATIENCE * 10):
        try:
            with socket.socket(socket.AF_UNIX) as client:
                client.connect(path)
                client.sendall(f"GET {target} HTTP/1.0\r\nHost: localhost\r\n\r\n".encode())
                answer = b"".join(iter(lambda: client.recv(65536), b""))
            return answer.split(b"\r\n\r\n", 1)[1].decode()
        except (FileNotFoundError, ConnectionRefusedError):
            time.sleep(0.1)
    raise AssertionError(f"nobody listens at {path}")


class Installed(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.root = pathlib.Path(tempfile.mkdtemp(prefix="aisle-install-"))
        cls.addClassCleanup(shutil.rmtree, cls.root, ignore_errors=True)
        cls.root.chmod(0o755)
        installed(cls.root / "somewhere")
        # Moved after it was installed: nothing may know the first place.
        shutil.move(cls.root / "somewhere", cls.root / "opt")

    def test_pages_and_completion_say_what_the_help_says(self):
        commands = re.findall(r"^  ([a-z]+) +\S", subprocess.run([self.root / "opt/bin/aisle", "help"], check=True, text=True,
                                                                capture_output=True).stdout, re.M)
        page = (self.root / "opt/share/man/man1/aisle.1").read_text()
        completion = self.root / "opt/share/bash-completion/completions/aisle"
        script = f"source {completion}; COMP_WORDS=(aisle ''); COMP_CWORD=1; _aisle; echo ${{COMPREPLY[@]}}; " \
                 "COMP_WORDS=(aisle models predict --ro); COMP_CWORD=3; _aisle; echo ${COMPREPLY[@]}"
        said = subprocess.run(["bash", "-c", script], check=True, text=True, capture_output=True).stdout.splitlines()
        for command in ("demo", "train", "status"):
            self.assertIn(command, commands)
        for command in set(commands) - {"aisle"}:
            self.assertIn(f".SS {command}\n", page)
            self.assertIn(command, said[0].split())
        self.assertEqual(said[1], "--rows")
        for part in ("recipes/ranking_default.toml", "config/aisle.toml", "tools/fetch-pins", "tools/postgres-dev",
                     "tools/install-packages", "tools/packages-postgres.txt"):
            self.assertTrue((self.root / "opt/share/aisle" / part).exists(), part)

    def test_it_runs_for_nobody_in_a_root_of_its_own(self):
        if os.geteuid() != 0:
            self.skipTest("a root of its own is made by root")
        for folder in ("lib64", "lib/x86_64-linux-gnu", "proc", "dev", "data", "tmp"):
            (self.root / folder).mkdir(parents=True, exist_ok=True)
        shutil.copy("/lib64/ld-linux-x86-64.so.2", self.root / "lib64")
        for library in C_LIBRARY:
            shutil.copy(f"/lib/x86_64-linux-gnu/{library}", self.root / "lib/x86_64-linux-gnu")
        for folder in ("data", "tmp"):
            (self.root / folder).chmod(0o1777)
        # Mounts of a space of their own end with it.
        mounts = f"mount -t proc proc {self.root}/proc && mount --bind {self.root}/opt {self.root}/opt && " \
                 f"mount -o remount,ro,bind {self.root}/opt && touch {self.root}/dev/null && mount --bind /dev/null {self.root}/dev/null"
        tried = subprocess.run(["unshare", "--mount", "bash", "-c", mounts], text=True, capture_output=True)
        if tried.returncode != 0:
            self.skipTest(f"this machine gives no mounts of one's own: {tried.stderr.strip()}")
        run = f"env -i /usr/sbin/chroot --userspec={NOBODY}:{NOBODY} {self.root} /opt/bin/aisle"
        script = f"""set -e; {mounts}
            {run} demo --once --quiet --customers 1000 --data /data/a >&2
            {run} recommend 1000001 --json --data /data/a
            exec {run} serve --quiet --listen unix:/tmp/aisle.socket --data /data/a"""
        server = subprocess.Popen(["unshare", "--mount", "bash", "-c", script], text=True, stdout=subprocess.PIPE,
                                  stderr=subprocess.PIPE)
        try:
            local = server.stdout.readline()
            self.assertTrue(local, "" if local else server.communicate(timeout=shop.PATIENCE)[1])
            asked = ask(str(self.root / "tmp/aisle.socket"), "/recommend?customer_id=1000001&why=true")
        finally:
            server.terminate()
            server.communicate(timeout=shop.PATIENCE)
        items = lambda text: [item["product_id"] for item in json.loads(text)["recommendations"]]
        self.assertEqual(len(items(local)), 5)
        self.assertEqual(items(asked), items(local))
        self.assertEqual(server.returncode, 0)


if __name__ == "__main__":
    shop.main()
