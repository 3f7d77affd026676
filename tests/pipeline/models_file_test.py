"""Model files of anybody's, and the engines that score them: predict, bench, and an engine that is forced."""
import json
import pathlib
import random
import struct

import shop

PRICE_INPUTS = {"price_ratio": ("avg_browsed_price", float("inf")), "spend_match": ("avg_order_value", 5.0)}
CORPUS = pathlib.Path(__file__).resolve().parents[2] / "src/engines/forest/corpus"


def as_float(x):
    return struct.unpack("f", struct.pack("f", x))[0]


def request_rows(inputs, customers, products):
    """Rows as requests have them: one customer's stand together, and quotients are of the price."""
    chance = random.Random(7)
    lines = [",".join(inputs)]
    shelf = [as_float(round(chance.uniform(1, 300), 2)) for _ in range(products)]
    for _ in range(customers):
        customer = {name: as_float(round(chance.uniform(0, 90), 1)) for name in inputs}
        for i, price in enumerate(shelf):
            row = dict(customer, price=price, product_tier=(price >= 50) + (price >= 150), is_perishable=i % 2)
            for name, (average, cap) in PRICE_INPUTS.items():
                row[name] = min(as_float(price / max(customer[average], 1)), cap)
            lines.append(",".join(repr(row[name]) for name in inputs))
    return "\n".join(lines) + "\n"


class ModelFiles(shop.ShopTest):
    def setUp(self):
        super().setUp()
        self.copy_shop()

    def test_a_model_file_scores_rows_with_either_engine(self):
        model = self.data / "registry" / "propensity" / "1" / "model.ubj"
        inputs = [item["name"] for item in json.loads(self.must("models", "show", "propensity", "--json"))["inputs"]]
        rows = self.folder / "rows.csv"
        lines = [",".join(inputs)]
        for i in range(40):  # Every third cell is missing.
            lines.append(",".join(str(i + j) if (i + j) % 3 else "" for j in range(len(inputs))))
        rows.write_text("\n".join(lines) + "\n")
        scores = []
        for engine in ("reference", "interleaved", "bitsliced64", "auto"):
            out = self.folder / f"{engine}.csv"
            self.must("models", "predict", "--file", str(model), "--rows", str(rows), "--engine", engine, "--margin",
                      "-o", str(out))
            scores.append(out.read_text())
        self.assertEqual(len(set(scores)), 1)
        self.assertEqual(scores[0].splitlines()[0], "margin")
        self.assertEqual(len(scores[0].splitlines()), 41)
        model.write_bytes(model.read_bytes()[: model.stat().st_size // 2])
        self.fails(2, "models", "predict", "--file", str(model), "--rows", str(rows), "-o", str(self.folder / "no.csv"))
        self.assertFalse((self.folder / "no.csv").exists())

    def test_a_model_file_explains_the_rows_that_it_scores(self):
        model = self.data / "registry" / "ranking" / "1" / "model.ubj"
        inputs = [item["name"] for item in json.loads(self.must("models", "show", "ranking", "--json"))["inputs"]]
        rows, why, margins = (self.folder / name for name in ("rows.csv", "why.csv", "margins.csv"))
        lines = [",".join(inputs)] + [",".join(str(i + j) if (i + j) % 3 else "" for j in range(len(inputs))) for i in range(40)]
        rows.write_text("\n".join(lines) + "\n")
        files = ("--file", str(model), "--rows", str(rows))
        said = json.loads(self.must("models", "explain", *files, "-o", str(why), "--json"))
        self.assertEqual((said["rows"], said["values"]), (40, "contributions"))
        self.must("models", "predict", *files, "--margin", "-o", str(margins))
        header, *explained = why.read_text().splitlines()
        self.assertEqual(header, ",".join(inputs + ["bias", "margin"]))
        self.assertEqual([line.split(",")[-1] for line in explained], margins.read_text().splitlines()[1:])
        for line in explained:
            *parts, margin = map(float, line.split(","))
            self.assertAlmostEqual(sum(parts), margin, places=4)
        self.fails(2, "models", "explain", "--file", str(model), "-o", str(why))

    def test_a_model_that_stopped_early_says_that_all_rounds_are_used(self):
        model, rows = self.folder / "stopped.json", self.folder / "stopped_rows.csv"
        text = (CORPUS / "logistic.json").read_text()
        rows.write_text("a,b\n1,2\n")
        for attributes, words in (('{"best_iteration":"0"}', "best after 1 of 2 rounds; all 2 are used"), ("{}", "")):
            model.write_text(text.replace('"attributes":{}', f'"attributes":{attributes}'))
            code, _, said = shop.run("models", "predict", "--file", str(model), "--rows", str(rows), "-o",
                                str(self.folder / "stopped.csv"), data=self.data)
            self.assertEqual(code, 0, said)
            self.assertEqual("stopped early" in said, bool(words))
            self.assertIn(words, said)

    def test_rows_that_are_a_header_alone_are_no_rows_and_that_is_said(self):
        rows, out = self.folder / "head.csv", self.folder / "head_scores.csv"
        predict = ("models", "predict", "--file", str(CORPUS / "logistic.json"), "--rows", str(rows), "-o", str(out))
        for text in ("a,b\n", "a,b"):
            rows.write_text(text)
            code, answer, said = shop.run(*predict, "--json", data=self.data)
            self.assertEqual(code, 0, said)
            self.assertEqual(json.loads(answer)["rows"], 0)
            self.assertIn("head.csv has a header and no rows: ", said)
            self.assertEqual(out.read_text(), "prediction\n")
        rows.write_text("a,b\n1,2\n,\n")
        code, _, said = shop.run(*predict, data=self.data)
        self.assertIn("head_scores.csv holds 2 rows: one prediction per row of ", said)
        out.unlink()
        rows.write_text("")
        self.assertIn("head.csv", self.fails(2, *predict))
        self.assertFalse(out.exists())

    def test_models_of_other_libraries_score_rows(self):
        heads = {"classes.ubj": "prediction_0,prediction_1,prediction_2", "lightgbm_binary.txt": "prediction",
                 "catboost_logloss.json": "prediction"}
        for name, head in heads.items():
            columns = "Column_0,Column_1,Column_2" if name.startswith("lightgbm") else "a,b,c"
            rows, out = self.folder / "other_rows.csv", self.folder / "other.csv"
            rows.write_text(f"{columns}\n1,2,3\n,,\n")
            self.must("models", "predict", "--file", str(CORPUS / name), "--rows", str(rows), "-o", str(out))
            lines = out.read_text().splitlines()
            self.assertEqual(lines[0], head)
            self.assertEqual(len(lines), 3)
            for line in lines[1:]:
                probabilities = [float(cell) for cell in line.split(",")]
                self.assertTrue(all(0 < p < 1 for p in probabilities))
                if len(probabilities) > 1:
                    self.assertAlmostEqual(sum(probabilities), 1, places=5)

    def test_categories_are_names_where_the_file_keeps_them_and_the_answer_says_so(self):
        rows, codes, out = (self.folder / f"{name}.csv" for name in ("names", "codes", "out"))
        rows.write_text("town, width,shop\nOslo,0,30\nParis,1,20\n")
        codes.write_text("town,width,shop\n1,0,2\n,1,1\n")

        def predict(model, cells, *more):
            code, answer, said = shop.run("models", "predict", "--file", str(CORPUS / model), "--rows", str(cells), "-o", str(out),
                                          *more, data=self.data)
            return code, answer, said, out.read_text() if code == 0 else None

        code, answer, said, by_name = predict("lightgbm_names.txt", rows, "--json")
        self.assertEqual(code, 0, said)
        self.assertIn("Categories by the names that the model file keeps: town, shop", said)
        self.assertIn("1 cells hold names that the model was not trained with, first line 3, column 'town': 'Paris'", said)
        answer = json.loads(answer)
        self.assertEqual((answer["rows"], answer["categories_by_name"], answer["unseen_names"]), (2, ["town", "shop"], 1))
        code, _, said, by_code = predict("lightgbm_names.txt", codes, "--codes")
        self.assertIn("Categories by code (0, 1, ...): town, shop", said)
        self.assertEqual(by_name, by_code)
        code, _, said, _ = predict("names_3_4.ubj", rows)
        self.assertEqual(code, 2)
        self.assertIn("line 3: column 1 'town': 'Paris' is no category", said)
        rows.write_text("a,b,c\n1,0,2\n")
        code, _, said, _ = predict("sets.json", rows)
        self.assertEqual(code, 0, said)
        self.assertIn("the model file keeps no names", said)

    def test_a_file_of_another_kind_is_named_with_what_to_export(self):
        model, rows = self.folder / "model.bin", self.folder / "rows.csv"
        rows.write_text("a,b\n1,2\n")
        for start, words in ((b"CBM1\x10\0\0\0", 'format="json"'), (b"\x1f\x8b\x08\0", "gzip'd"), (b"\x80\x04\x95", "pickle")):
            model.write_bytes(start)
            said = self.fails(2, "models", "predict", "--file", str(model), "--rows", str(rows), "-o", str(self.folder / "no.csv"))
            self.assertIn(words, said)

    def test_a_model_file_is_timed_with_every_engine_beside_xgboost(self):
        model = str(self.data / "registry" / "propensity" / "1" / "model.ubj")
        report = json.loads(self.must("models", "bench", "--file", model, "--rows", "300", "--against", "xgboost", "--json"))
        engines = {engine["engine"]: engine for engine in report["engines"]}
        self.assertEqual(list(engines)[:3], ["reference", "interleaved", "bitsliced64"])
        self.assertEqual(list(engines)[-1], "xgboost")
        self.assertEqual(report["rows"], 300)
        for name, engine in engines.items():
            if "skipped" in engine:
                self.assertIn("which this CPU lacks", engine["skipped"])
                continue
            self.assertEqual(engine["rows_differ"], 0, name)
            self.assertGreater(engine["score_ms"], 0)
            self.assertGreater(engine["times_xgboost"], 0)
        self.assertIn("times as fast", self.must("models", "bench", "--file", model, "--rows", "20"))
        report = json.loads(self.must("models", "bench", "--file", str(CORPUS / "classes.ubj"), "--rows", "20", "--json"))
        self.assertTrue(all(engine.get("rows_differ", 0) == 0 for engine in report["engines"]))
        # A model that only the reference takes has no other engine's time.
        other = str(CORPUS / "lightgbm_binary.txt")
        report = json.loads(self.must("models", "bench", "--file", other, "--rows", "20", "--json"))
        self.assertEqual([e["engine"] for e in report["engines"] if "skipped" not in e], ["reference"])
        self.fails(2, "models", "bench", "--file", other, "--against", "xgboost")
        self.fails(2, "models", "bench", "--rows", "20")
        self.fails(2, "models", "bench", "--file", model, "--against", "lightgbm")
        self.fails(3, "models", "bench", "--file", str(self.folder / "nobody.ubj"))
        # Rows of categories say nothing of a request; those of products do.
        self.assertIn("cannot be made by this build", json.loads(
            self.must("models", "bench", "--file", model, "--rows", "20", "--json"))["request"][0]["skipped"])

    def test_a_dart_model_has_the_bits_of_xgboost_through_a_matrix(self):
        report = json.loads(self.must("models", "bench", "--file", str(CORPUS / "dart.json"), "--rows", "500", "--against",
                                      "xgboost", "--json"))
        engines = {engine["engine"]: engine for engine in report["engines"]}
        self.assertEqual(engines["xgboost through a matrix"]["rows_differ"], 0)
        self.assertGreater(engines["xgboost through a matrix"]["times_xgboost"], 0)
        # The XGBoost that is built in would leave the weights out without a word.
        for name in ("dart_3_3.json", "dart_3_4.ubj"):
            said = self.fails(2, "models", "bench", "--file", str(CORPUS / name), "--rows", "20", "--against", "xgboost")
            self.assertIn("does not read the weights of dropout", said)

    def test_the_sweep_is_timed_and_scores_rows_with_the_bits_of_the_others(self):
        self.must("train", self.small_recipe("ranking", "reference"))
        model = str(self.data / "registry" / "ranking_reference" / "1" / "model.ubj")
        self.assertIn("yes: ", self.must("models", "show", "ranking_reference"))
        request = json.loads(self.must("models", "bench", "--file", model, "--rows", "300", "--against", "xgboost",
                                       "--json"))["request"]
        self.assertEqual([times["engine"] for times in request], ["sweep", "sweep, bit-equal", "xgboost"])
        self.assertEqual([times["rows_differ"] for times in request[1:]], [0, 0])
        self.assertLess(request[0]["furthest"], 1e-4)
        self.assertTrue(all(times["score_ms"] > 0 and times["times_xgboost"] > 0 for times in request))
        self.assertIn("sweep, bit-equal", self.must("models", "bench", "--file", model, "--rows", "20"))

        inputs = [item["name"] for item in json.loads(self.must("models", "show", "ranking_reference", "--json"))["inputs"]]
        rows = self.folder / "rows.csv"
        # More rows than are scored at once.
        rows.write_text(request_rows(inputs, 9, 2000))
        scores = {}
        for kind in ((), ("--margin",)):
            for engine in ("reference", "sweep"):
                out = self.folder / f"{engine}.csv"
                self.must("models", "predict", "--file", model, "--rows", str(rows), "--engine", engine, *kind, "-o", str(out))
                scores[engine] = out.read_text()
            self.assertEqual(scores["sweep"], scores["reference"])
            self.assertEqual(len(scores["sweep"].splitlines()), 18_001)
            self.assertGreater(len(set(scores["sweep"].splitlines())), 100)
        # A row that no request has is named by its place in the file, and nothing is written.
        lines = rows.read_text().splitlines()
        cells = lines[17_000].split(",")
        cells[inputs.index("price_ratio")] = "-1"
        rows.write_text("\n".join([*lines[:17_000], ",".join(cells), *lines[17_001:]]) + "\n")
        none = self.folder / "none.csv"
        said = self.fails(2, "models", "predict", "--file", model, "--rows", str(rows), "--engine", "sweep", "-o", str(none))
        self.assertIn("engine sweep: row 17000: 'price_ratio' is -1", said)
        self.assertFalse(none.exists())

    def test_everybodys_lists_are_the_same_by_the_sweep_and_by_rows(self):
        recipe = pathlib.Path(self.small_recipe("ranking", "reference"))
        recipe.write_text(recipe.read_text().replace('model = "ranking_reference"', 'model = "ranking"'))
        self.must("train", str(recipe))
        self.must("models", "promote", "ranking/2")
        lists = []
        for engine, swept in (("sweep", int(shop.CUSTOMERS)), ("", int(shop.CUSTOMERS)), ("interleaved", 0)):
            out = self.folder / f"lists{engine}.csv"
            said = json.loads(self.must("recommend", "--all", "--as-of", shop.AS_OF, "--exclude-bought", "--json", "-o",
                                        str(out), AISLE_FOREST_ENGINE=engine))
            self.assertEqual((said["customers"], said["swept"]), (int(shop.CUSTOMERS), swept), engine)
            lists.append(out.read_text())
        self.assertEqual(lists[0], lists[1])
        self.assertEqual(lists[0], lists[2])
        self.assertGreater(len(set(lists[0].splitlines())), 10_000)
        self.assertIn("ranked by the sweep", self.must("recommend", "--all", "--as-of", shop.AS_OF, "-o", str(out)))

    def test_a_forced_sweep_is_an_error_where_the_model_is_not_of_its_kind(self):
        question = ("recommend", "1000000", "--zip-code", "10001")
        self.must(*question)
        said = self.fails(5, *question, AISLE_FOREST_ENGINE="sweep")
        self.assertIn("engine sweep is wanted, and does not take this model", said)
        self.assertIn("by which", said)
        shown = self.must("models", "show", "ranking", AISLE_FOREST_ENGINE="sweep")
        self.assertIn("is wanted, and does not take", shown)
        self.fails(5, "recommend", "--all", "--as-of", shop.AS_OF, "-o", str(self.folder / "none.csv"),
                   AISLE_FOREST_ENGINE="sweep")
        said = self.fails(2, *question, AISLE_FOREST_ENGINE="swoop")
        self.assertIn(", sweep", said)


if __name__ == "__main__":
    shop.main()
