"""The canary of compare.py: a comparison nobody has seen fail may not be looking."""
import contextlib
import io
import json
import pathlib
import tempfile
import unittest

import compare


class Compare(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="aisle-golden-compare-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def recording(self, name, **sections):
        for section, lines in sections.items():
            path = self.folder / name / f"{section}.jsonl"
            path.parent.mkdir(exist_ok=True)
            path.write_text("".join(json.dumps({"ask": ask, "body": body}) + "\n" for ask, body in lines))
        return self.folder / name

    def compare(self, before, after, changes=""):
        said = io.StringIO()
        with contextlib.redirect_stdout(said):
            unlisted, met = compare.compare(before, after, compare.read_changes(changes))
        return unlisted, len(met), said.getvalue()

    def test_equal_recordings_do_not_differ(self):
        before = self.recording("a", answers=[("x", 0.5), ("x", 0.5), ("y", 1)])
        self.assertEqual(self.compare(before, before)[:2], (0, 0))

    def test_one_digit_more_and_less_are_seen(self):
        before = self.recording("a", answers=[("x", 0.5), ("x", 0.6), ("y", 1)])
        for number, lines in enumerate(([("x", 0.5), ("x", 0.7), ("y", 1)], [("x", 0.5), ("x", 0.6)],
                                        [("x", 0.5), ("x", 0.6), ("y", 1), ("z", 1)])):
            unlisted, _, said = self.compare(before, self.recording(f"b{number}", answers=lines))
            self.assertEqual(unlisted, 1, lines)
            self.assertIn("1 differ, 1 NOT LISTED", said)

    def test_a_section_that_is_gone_is_seen(self):
        before = self.recording("a", answers=[("x", 1)], errors=[("y", 1)])
        self.assertEqual(self.compare(before, self.recording("b", answers=[("x", 1)]))[0], 1)

    def test_what_is_listed_is_named_with_its_reason(self):
        before = self.recording("a", answers=[("x", "old"), ("y", "old")])
        after = self.recording("b", answers=[("x", "new words"), ("y", "other")])
        unlisted, met, said = self.compare(before, after, "# a comment\n\nanswers\tnew words\tbetter words\nerrors\tother\tnot here\n")
        self.assertEqual((unlisted, met), (1, 1))
        self.assertIn("1 listed: better words", said)

    def test_information_never_counts(self):
        before = self.recording("a", information_files=[("x", 1)])
        unlisted, _, said = self.compare(before, self.recording("b", information_files=[("x", 2)]))
        self.assertEqual(unlisted, 0)
        self.assertIn("1 for information", said)

    def test_a_list_that_cannot_be_read_is_refused(self):
        with self.assertRaises(SystemExit):
            compare.read_changes("answers without a pattern")
        compare.read_changes(compare.CHANGED.read_text(encoding="utf-8"))


if __name__ == "__main__":
    unittest.main(verbosity=2)
