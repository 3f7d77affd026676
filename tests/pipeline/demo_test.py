"""From nothing to one customer's answer, twice. Leaves the shop that the other tests copy."""
import json
import shutil
import tempfile
import unittest

import shop


class Demo(unittest.TestCase):
    def test_from_nothing_and_again(self):
        shutil.rmtree(shop.SHOP, ignore_errors=True)
        code, first, err = shop.run(*shop.DEMO, data=shop.SHOP)
        self.assertEqual(code, 0, err)
        for words in ("An example: of those who buy often, who was here last.", "Customer 10", "What they did lately", "What they should see now", "tier, segment"):
            self.assertIn(words, first)
        for step in ("Making a shop", "Summing up", "Learning: propensity_default", "Learning: ranking_default",
                     "Scoring", "Publishing"):
            self.assertIn(step, err)

        code, again, err = shop.run(*shop.DEMO, data=shop.SHOP)
        self.assertEqual(code, 0, err)
        self.assertIn("nothing to make", err)
        self.assertNotIn("Making a shop", err)
        # Who, what they did and what is recommended are the same; the answer's own time is not.
        self.assertEqual([line for line in first.splitlines() if " ms)" not in line],
                         [line for line in again.splitlines() if " ms)" not in line])

        code, out, err = shop.run(*shop.DEMO, "--json", data=shop.SHOP)
        self.assertEqual(code, 0, err)
        shown = json.loads(out)["customer"]
        self.assertGreaterEqual(int(shown["customer"]["total_orders"]), 5)
        self.assertEqual(len(shown["answer"]["recommendations"]), 5)
        self.assertTrue(all(item["why"] for item in shown["answer"]["recommendations"]))
        self.assertTrue(shown["events"])

        code, out, err = shop.run("status", "--json", data=shop.SHOP)
        self.assertEqual(code, 0, err)
        status = json.loads(out)
        self.assertEqual({model["model"]: model["champion"] for model in status["models"]},
                         {"propensity": 1, "ranking": 1})
        self.assertEqual(status["generation"]["customers"], int(shop.CUSTOMERS))
        self.assertEqual(status["problems"], [])
        tables = {table["table"]: table for table in status["tables"]}
        self.assertEqual(tables["gold.customer_360"]["rows"], int(shop.CUSTOMERS))
        self.assertEqual(tables["gold.customer_propensity"]["rows"], int(shop.CUSTOMERS) * 12)
        self.assertTrue(all(table["state"] == "complete" for table in tables.values()))

    def test_a_shop_too_small_for_a_model_is_shown_without(self):
        for customers, said in (("1", "nothing was learnt: "), ("100", "a gate did not pass: rows_min")):
            with tempfile.TemporaryDirectory(prefix="aisle-pipeline-") as data:
                arguments = ("demo", "--once", "--customers", customers, "--as-of", shop.AS_OF)
                code, out, err = shop.run(*arguments, data=data)
                self.assertEqual(code, 0, err)
                self.assertIn(said, err)
                self.assertIn("What they should see now", out)
                self.assertIn("popularity", out)
                self.assertIn(f"{customers} customers are few to learn from", err)
                code, out, err = shop.run(*arguments, "--json", data=data)
                self.assertEqual(code, 0, err)
                # What was learnt is not learnt again, whether it serves or not.
                self.assertEqual("nothing to make" in err, customers == "100", err)
                self.assertIn(f"{customers} customers are few to learn from", err)
                answer = json.loads(out)["customer"]["answer"]
                self.assertEqual(answer["model"]["propensity"], 0)
                self.assertEqual(len(answer["recommendations"]), 5)


if __name__ == "__main__":
    shop.main()
