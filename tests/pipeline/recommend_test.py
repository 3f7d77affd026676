"""`aisle recommend`: what it refuses, and what it says of what it does not know."""
import json
import os
import shutil
import subprocess

import shop


class Recommend(shop.ShopTest):
    def setUp(self):
        super().setUp()
        self.copy_shop()

    def everybody(self, *lines):
        """Arguments for everybody's list over the products of these lines."""
        candidates = self.folder / "candidates.csv"
        candidates.write_text("product_id\n" + "".join(f"{line}\n" for line in lines))
        return ("recommend", "--all", "--candidates", str(candidates), "-o", str(self.folder / "lists.csv"))

    def test_candidates_that_nobody_sells_are_named(self):
        code, _, said = shop.run(*self.everybody(1, 2, *range(900001, 900008), 900001), data=self.data)
        self.assertEqual(code, 0, said)
        self.assertIn("7 of 9 products are not in the catalogue as of 2026-11-20 00:00:00 and were left out: "
                      "900001, 900002, 900003, 900004, 900005, …", said)
        report = json.loads(self.must(*self.everybody(1, 2, 900001), "--json"))
        self.assertEqual((report["candidates"], report["unknown_candidates"]), (2, 1))
        self.assertEqual(report["rows"], 2 * int(shop.CUSTOMERS))
        (self.folder / "lists.csv").unlink()
        self.assertIn("none of the 2 candidates", self.fails(2, *self.everybody(900001, 900002)))
        self.assertIn("names no product", self.fails(2, *self.everybody()))
        self.assertIn("candidates.csv:3: 'x'", self.fails(2, *self.everybody(1, "x")))
        self.assertFalse((self.folder / "lists.csv").exists())

    def test_an_output_that_cannot_be_made_says_why(self):
        out = str(self.folder / "nowhere" / "x.csv")
        self.assertIn(f"cannot write {out}: No such file or directory", self.fails(3, "recommend", "--all", "-o", out))
        pipe = self.folder / "pipe"
        os.mkfifo(pipe)  # Something that a rename would replace.
        self.assertIn("it is no regular file", self.fails(2, "recommend", "--all", "-o", str(pipe)))
        self.assertTrue(pipe.is_fifo())
        link = self.folder / "link"
        link.symlink_to(self.folder / "candidates.csv")
        self.fails(2, "recommend", "--all", "-o", str(link))
        self.assertTrue(link.is_symlink())

    def test_one_customer_is_asked_for_as_over_http(self):
        with self.serving() as server:
            status, _, problem = server.get("/recommend?customer_id=-5")
        self.assertEqual(status, 400)
        # Nothing may follow "--" but the customer.
        asked = subprocess.run([shop.AISLE, "recommend", "--data", str(self.data), "--", "-5"], capture_output=True,
                               text=True, env=shop.environment())
        self.assertEqual((asked.returncode, asked.stdout), (2, ""))
        self.assertIn(f"aisle recommend: {problem['detail']}, accepted is {problem['accepted']}", asked.stderr)
        self.assertIn("--as-of goes with --all", self.fails(2, "recommend", "1000000", "--as-of", shop.AS_OF))

    def test_a_place_that_is_not_known_is_said_to_be_assumed(self):
        self.assertTrue(self.must("recommend", "99").startswith(
            "customer 99, zip code unknown (Northeast is assumed), generation 1,"))
        self.assertTrue(self.must("recommend", "99", "--zip-code", "90210").startswith("customer 99, 90210 (West),"))

    def test_without_a_generation_a_step_before_is_missing(self):
        shutil.rmtree(self.data / "serving")
        self.assertIn("aisle publish", self.fails(5, "recommend", "1000000"))


if __name__ == "__main__":
    shop.main()
