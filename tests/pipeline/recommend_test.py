"""`aisle recommend`: what it refuses, and what it says of what it does not know."""
import json

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
        self.assertIn("7 of 9 products are not in the catalogue as of 2026-11-20 00:00:00 and are left out: "
                      "900001, 900002, 900003, 900004, 900005, …", said)
        report = json.loads(self.must(*self.everybody(1, 2, 900001), "--json"))
        self.assertEqual((report["candidates"], report["unknown_candidates"]), (2, 1))
        self.assertEqual(report["rows"], 2 * int(shop.CUSTOMERS))
        (self.folder / "lists.csv").unlink()
        self.assertIn("none of its 2 products", self.fails(2, *self.everybody(900001, 900002)))
        self.assertIn("names no product", self.fails(2, *self.everybody()))
        self.assertIn("candidates.csv:3: 'x'", self.fails(2, *self.everybody(1, "x")))
        self.assertFalse((self.folder / "lists.csv").exists())


if __name__ == "__main__":
    shop.main()
