"""bench/compare on two builds whose benchmarks are scripts with known times: the slower, the renamed and the failed are named."""
import fcntl
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

COMPARE = pathlib.Path(__file__).resolve().parents[2] / "bench" / "compare"


class Compare(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="aisle-bench-compare-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def program(self, side, name, *rows, code=0):
        """A benchmark that notes its start and end in a file and reports these rows: (name, time, more)."""
        report = {"benchmarks": [{"name": row, "run_type": "iteration", "real_time": 9 * time, "cpu_time": time, "time_unit": "ns", **more}
                                 for row, time, more in rows]}
        path = self.folder / side / "src" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"#!/bin/sh\necho '{side} {name} begins' >>{self.folder}/log\ncat <<'END'\n{json.dumps(report)}\nEND\n"
                        f"echo '{side} {name} ends' >>{self.folder}/log\nexit {code}\n")
        path.chmod(0o755)

    def compare(self, *more):
        done = subprocess.run([sys.executable, "-B", str(COMPARE), str(self.folder / "a"), str(self.folder / "b"), "--rounds", "2", *more],
                              capture_output=True, text=True, env={**os.environ, "TMPDIR": str(self.folder)}, timeout=60)
        return done.returncode, done.stdout, done.stderr

    def test_the_slower_row_comes_first_and_fails(self):
        for side, slow in (("a", 100), ("b", 104)):
            self.program(side, "one_bench", ("quick", 50, {}), ("slow", slow, {}))
        code, out, _ = self.compare()
        self.assertEqual(code, 1, out)
        self.assertIn("| one_bench slow | 100 | 104 | ns processor | **1.040** slower | 1.040-1.040 |", out.splitlines()[2])
        self.assertEqual(self.compare("--factor", "1.05", "-o", str(self.folder / "table.md"))[0], 0)
        self.assertIn("one_bench quick", (self.folder / "table.md").read_text())

    def test_sides_take_turns_and_never_run_at_once(self):
        for side in "ab":
            self.program(side, "one_bench", ("row", 1, {}))
        self.assertEqual(self.compare()[0], 0)
        self.assertEqual((self.folder / "log").read_text().splitlines(),
                         [f"{side} one_bench {what}" for side in "abab" for what in ("begins", "ends")])
        with open(self.folder / f"aisle-bench-compare-{os.getuid()}.lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            code, _, said = self.compare()
        self.assertEqual(code, 1)
        self.assertIn("another comparison is running", said)

    def test_a_row_counts_by_what_it_says_of_us_and_by_wall_time_where_it_has_threads(self):
        for side, ours, wall in (("a", 10, 5), ("b", 20, 5)):
            self.program(side, "one_bench", ("row", 1, {"ours_us": ours}), ("row/threads:2", 1, {"real_time": wall}))
        out = self.compare()[1]
        self.assertIn("| one_bench row | 10 | 20 | ours_us | **2.000** slower", out)
        self.assertIn("| one_bench row/threads:2 | 5 | 5 | ns wall | 1.000 |", out)

    def test_a_row_that_moved_is_found_and_one_with_another_name_is_listed(self):
        self.program("a", "one_bench", ("moved", 1, {}), ("old", 1, {}))
        self.program("b", "two_bench", ("moved", 1, {}), ("new", 1, {}))
        code, out, _ = self.compare()
        self.assertEqual(code, 0, out)
        self.assertIn("| two_bench moved |", out)
        self.assertIn("unmatched, only before: one_bench old", out)
        self.assertIn("unmatched, only after:  two_bench new", out)

    def test_another_checksum_and_a_program_that_fails_are_failures(self):
        for side in "ab":
            self.program(side, "one_bench", ("row", 1, {"checksum": ord(side)}))
        code, out, _ = self.compare()
        self.assertEqual(code, 1)
        self.assertIn("checksum differs: one_bench row", out)
        self.program("b", "one_bench", ("row", 1, {"checksum": ord("a")}), code=3)
        code, out, _ = self.compare()
        self.assertEqual(code, 1)
        self.assertIn("exit code 3", out)


if __name__ == "__main__":
    unittest.main(verbosity=2)
