"""What becomes of a new version beside the champion, any models beside each other, and what models are made of."""
import json
import pathlib
import re

import shop


class Promotion(shop.ShopTest):
    def setUp(self):
        super().setUp()
        self.copy_shop()

    def recipe(self, name, *changes):
        """The default ranking with pieces of text replaced."""
        text = (shop.ROOT / "recipes" / "ranking_default.toml").read_text()
        for old, new in changes:
            self.assertIn(old, text)
            text = text.replace(old, new)
        path = self.folder / f"{name}.toml"
        path.write_text(text)
        return str(path)

    def train(self, *arguments):
        return json.loads(self.must("train", *arguments, "--json"))[0]

    def champion(self):
        return json.loads(self.must("models", "show", "ranking", "--json"))["version"]

    def test_a_short_recipe_waits_the_same_one_serves_and_a_forced_one_says_so(self):
        # Popularity is left out: here the champion alone speaks against it.
        short = self.recipe("short", ("rounds = 80", "rounds = 12"),
                            ("ndcg_above_popularity = true", "ndcg_above_popularity = false"))
        kept = self.train(short)
        self.assertFalse(kept["promoted"], kept)
        promotion = kept["promotion"]
        self.assertEqual((promotion["decision"], promotion["with"], self.champion()), ("kept", "ranking/1", 1))
        self.assertLess(promotion["difference"], 0)
        self.assertEqual(len(promotion["objections"]), 1, promotion)
        self.assertIn("worse_by_at_most: NDCG@10", promotion["objections"][0])
        self.assertIn("ranking/2 is kept and not promoted:", self.must("models", "show", "ranking/2"))
        self.must("models", "promote", "ranking/2")
        self.assertIn("ranking/2 was kept when it was trained, and promoted by hand since, against:",
                      self.must("models", "show", "ranking"))
        self.must("models", "rollback", "ranking")
        again = self.train("ranking_default")
        self.assertTrue(again["promoted"], again)
        self.assertEqual((again["promotion"]["difference"], again["promotion"]["low"], self.champion()), (0, 0, 3))
        forced = self.train(short, "--promote")
        self.assertEqual((forced["promotion"]["decision"], self.champion()), ("forced", 4))
        shown = self.must("models", "show", "ranking")
        self.assertIn("ranking/4 was promoted by --promote, against:\n  worse_by_at_most: NDCG@10", shown)
        self.assertIn("forced", [line.split()[-1] for line in self.must("models", "list").splitlines()])
        self.assertEqual(self.train(short)["promotion"]["decision"], "promoted", "it is not worse than itself")
        self.fails(2, "train", short, "--promote", "--no-promote")

    def test_a_ranker_that_promises_too_much_is_kept_back(self):
        off = self.recipe("off", ("[learner]", "[learner]\nbalance_classes = true"), ("calibrate = true", "calibrate = false"),
                          ("rounds = 80", "rounds = 12"))
        code, out, said = shop.run("train", off, data=self.data)
        self.assertEqual(code, 0, said)
        self.assertIn("challenger, kept back", out)
        self.assertRegex(out, r"calibrated_within: expected / actual \d{2,}")
        self.assertIn("`aisle models promote ranking/2` promotes it all the same", out)
        self.assertEqual(self.champion(), 1)

    def test_a_misspelt_key_or_input_names_its_line_and_the_nearest(self):
        path = self.recipe("misspelt", ("max_depth = 6", "max_dpeth = 6"))
        line = 1 + pathlib.Path(path).read_text().split("max_dpeth")[0].count("\n")
        self.assertIn(f"misspelt.toml:{line}: [learner] lacks 'max_depth'", self.fails(2, "train", path))
        self.assertIn("did you mean it by 'max_dpeth'?", self.fails(2, "train", path))
        path = self.recipe("input", ('"price_z"', '"prize_z"'))
        self.assertIn("(did you mean 'price_z'?); `aisle inputs` lists them", self.fails(2, "train", path))

    def test_versions_aliases_and_files_are_compared_over_the_same_customers(self):
        self.train(self.small_recipe("ranking"), "--no-promote")
        file = self.folder / "mine.ubj"
        file.write_bytes((self.data / "registry" / "ranking" / "1" / "model.ubj").read_bytes())
        out, page = self.folder / "report.json", self.folder / "report.html"
        text = self.must("evaluate", "ranking/challenger", "ranking", f"mine={file}", "propensity/1", "-o", str(out), "--html",
                         str(page), "--customers-max", "300")
        report = json.loads(out.read_text())
        names = [contender["name"] for contender in report["ranking"]]
        self.assertEqual(names[:3], ["ranking/2", "ranking/1", "mine"])
        self.assertEqual([contender["name"] for contender in report["propensity"]], ["propensity/1"])
        differences = {(d["better"], d["worse"]): d for d in report["differences"] if d["metric"] == "ndcg_at_10"}
        self.assertNotEqual(differences["ranking/2", "ranking/1"]["value"], 0)
        # The same trees, without the calibration, which changes no order.
        self.assertAlmostEqual(differences["ranking/1", "mine"]["value"], 0, places=2)
        self.assertIn("ranking/2 - ranking/1", text)
        html = page.read_text()
        # Two more for each ranking's ablation.
        self.assertEqual(len(re.findall("<svg", html)), 8 + 2 * 3)
        self.assertEqual([ablation["model"] for ablation in report["ablations"]], names[:3])
        self.assertNotIn("Ablation of", text, "on the screen only when asked")
        self.assertNotRegex(html, r"https?:|<script|src=")
        model = self.data / "registry" / "ranking" / "1" / "model.ubj"
        model.write_bytes(model.read_bytes()[:100])
        report = json.loads(self.must("evaluate", "ranking/2", "ranking/1", "--customers-max", "100", "--json"))
        self.assertIn("ranking/1/model.ubj is damaged", " ".join(report["left_out"]))
        self.assertIn("'nobody/3'", self.fails(3, "evaluate", "nobody/3"))

    def test_inputs_and_settings_are_told(self):
        inputs = json.loads(self.must("inputs", "--json"))
        price = next(item for item in inputs["ranking"] if item["name"] == "price_z")
        self.assertTrue(price["unit"] and price["meaning"] and price["from"])
        age = next(item for item in inputs["propensity"] if item["name"] == "age")
        self.assertEqual((age["unit"], age["missing"]), ("years", "no birth date"))
        self.assertEqual((age["group"], price["group"]), ("profile", "price"))
        self.assertLessEqual({item["group"] for item in inputs["ranking"]}, {item["group"] for item in inputs["groups"]})
        self.assertIn("days_since_pair_view", self.must("inputs"))
        shown = json.loads(self.must("models", "show", "ranking", "--json"))
        self.assertEqual((shown["learner"]["rounds"], shown["learner"]["max_delta_step"]), (80, 1))
        self.assertTrue(all(item["from"] for item in shown["inputs"]))
        self.assertIn("raw.product_catalog.price", self.must("models", "show", "ranking"))


if __name__ == "__main__":
    shop.main()
