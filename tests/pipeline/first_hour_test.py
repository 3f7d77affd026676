"""A small shop's first hour: from messy exports to a list that fits its customers, with one line of the mapping mended."""
import csv
import json
import tempfile
import pathlib
import shutil
import unittest

import messy_shop
import shop


class AFirstHour(unittest.TestCase):
    """One shop for all of it, as one person goes through it; each test is a step."""

    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="aisle-first-hour-"))
        cls.addClassCleanup(shutil.rmtree, cls.folder, ignore_errors=True)
        cls.data, cls.files, cls.mapping = cls.folder / "data", cls.folder / "exports", cls.folder / "shop.toml"
        cls.truth = messy_shop.write(cls.files)
        code, out, cls.suggested = cls.ask("import", "--suggest", cls.files, "-o", cls.mapping)
        assert (code, out) == (0, ""), cls.suggested
        cls.proposal = cls.mapping.read_text()
        # The one correction.
        cls.mapping.write_text(cls.proposal.replace('time_zone = "UTC"', 'time_zone = "Europe/Berlin"'))

    @classmethod
    def ask(cls, *arguments):
        return shop.run(*map(str, arguments), data=cls.data)

    def must(self, *arguments):
        code, out, said = self.ask(*arguments)
        self.assertEqual(code, 0, f"{arguments}: {said}")
        return out

    def test_1_the_proposal_declares_what_the_files_hold_and_marks_its_guesses(self):
        for line in ('encoding = "windows-1252"', 'delimiter = ";"', 'file = "verkauf_2026_*.csv"',
                     'day_and_time = {type = "TIMESTAMP", of = ["Datum", "Uhrzeit"], format = "%d.%m.%Y %H:%M"}',
                     '"Betrag" = {type = "DECIMAL(12,2)", decimal = ",", thousands = "."}',
                     '"Preis" = {type = "DECIMAL(12,2)", decimal = ","}', '"Kunde seit" = {type = "DATE", format = "%d.%m.%Y"}',
                     "# artikel.csv: taken for products.", "# kunden.csv: taken for customers."):
            self.assertIn(line, self.proposal)
        for guess in ("time of the files names its zone", "38 spellings of 10 categories", "windows-1252", "such as 'gesamt'"):
            self.assertIn(guess, self.suggested)
        self.assertEqual(self.proposal.count("# UNSURE: "), self.suggested.count("  unsure: "))
        code, _, said = self.ask("import", "--suggest", self.files, "-o", self.mapping)
        self.assertEqual(code, 2)
        self.assertIn("is there already, perhaps with your corrections", said)

    def test_2_a_check_says_what_would_come_in_and_what_is_missing_and_leaves_nothing(self):
        out = self.must("import", "--check", self.mapping, self.files)
        for line in ("verkauf_2026_*.csv for raw.event_stream: customer_id: missing", "quantity: … is below 1",
                     "Betrag: … is not DECIMAL(12,2) with ',' before its decimals and '.' between thousands",
                     "3 fields where the file has 8 columns", "Columns most often at fault: customer_id of verkauf_2026_*.csv (",
                     "ranking_default needs 112 days of events, has 79", "propensity_default needs 84 days of events, has 79",
                     "There is enough for the recipes for small shops: aisle train propensity_small ranking_small"):
            self.assertIn(line, out)
        self.assertFalse(self.data.exists())
        report = json.loads(self.must("import", "--check", "--json", self.mapping, self.files))
        training = {one["recipe"]: one for one in report["training"]}
        self.assertEqual((training["ranking_default"]["days_needed"], training["ranking_default"]["enough"]), (112, False))
        sources = {one["file"]: one["rejected"] for one in report["sources"]}
        self.assertEqual(sources["verkauf_2026_*.csv"], self.truth["bad"])
        returns = [one["rows"] for one in report["rejects"] if one["column"] == "quantity"]
        self.assertLessEqual(returns[0], self.truth["returns"])  # Some of them have no customer either.
        self.assertGreater(returns[0], 0.9 * self.truth["returns"])
        self.assertTrue(all(len(one["examples"]) == min(one["rows"], 3) for one in report["rejects"]))

    def test_2_without_a_mapping_files_are_checked_by_the_proposal(self):
        code, out, said = self.ask("import", "--check", self.files / "verkauf_2026_1.csv")
        self.assertEqual(code, 0, said)
        self.assertIn("unsure: no file of customers was recognised; they are those of the sales", said)
        self.assertIn("raw.event_stream", out)
        code, _, said = self.ask("import", "--check", self.files / "kunden.csv")
        self.assertEqual(code, 2)
        self.assertIn("no file looks like sales", said)
        self.assertFalse(self.data.exists())

    def test_3_it_goes_to_a_list_of_what_the_customer_likes(self):
        self.must("import", self.mapping, self.files)
        first = json.loads(self.must("sql", "--json", "SELECT min(event_timestamp) AS t, count(DISTINCT product_category) AS n "
                                     "FROM raw.event_stream"))
        self.assertEqual(first["n"], 10)
        self.assertLess(first["t"][11:13], "10")  # Opens at eight in Berlin, which is six in UTC.
        self.must("refresh")
        code, _, said = self.ask("train", "ranking_default", "--no-promote")
        self.assertEqual(code, 5)
        self.assertIn("propensity_small", said)
        trained = json.loads(self.must("train", "propensity_small", "ranking_small", "--json"))
        self.assertEqual([one["failed_gates"] for one in trained], [[], []])
        self.assertTrue(all(one["promoted"] for one in trained))
        self.must("score")
        self.must("publish")
        self.assertIn("bought", self.must("recommend", "K00001"))
        lists = self.folder / "lists.csv"
        self.must("recommend", "--all", "-k", "5", "-o", lists)
        liked = {person["id"]: {good["sku"] for good in person["liked"]} for person in self.truth["people"]}
        with lists.open() as file:
            rows = list(csv.DictReader(file))
        hits = sum(row["product_id"] in liked[row["customer_id"]] for row in rows)
        # By chance one in twenty would be: six of 120.
        self.assertGreater(hits / len(rows), 0.5, f"{hits} of {len(rows)}")

    def test_4_what_is_in_the_warehouse_comes_out_again(self):
        self.assertIn("raw.event_stream", self.must("sql", "show tables;"))
        query = "SELECT category_name, count(*) AS n, NULL AS nothing, '' AS empty FROM raw.product_catalog GROUP BY ALL ORDER BY 1"
        out = self.folder / "out.csv"
        self.must("sql", query, "-o", out)
        self.assertEqual(out.read_text().splitlines()[:2], ["category_name,n,nothing,empty", 'brot,12,,""'])
        self.must("sql", query, "-o", self.folder / "out.jsonl")
        self.assertEqual(json.loads((self.folder / "out.jsonl").read_text().splitlines()[0]),
                         {"category_name": "brot", "n": 12, "nothing": None, "empty": ""})
        self.must("sql", query, "-o", self.folder / "out.parquet")
        self.assertEqual((self.folder / "out.parquet").read_bytes()[:4], b"PAR1")
        self.must("tables", "export", "-o", self.folder / "all")
        names = {path.name for path in (self.folder / "all").iterdir()}
        self.assertLessEqual({"raw.event_stream.parquet", "gold.customer_360.parquet"}, names)
        self.must("tables", "export", "raw.customers", "-o", self.folder / "customers.csv")
        self.assertEqual(len((self.folder / "customers.csv").read_text().splitlines()), 301)
        for arguments, says in ((("sql", query, "-o", "/dev/full.csv/x.csv"), ""),
                                (("sql", query, "-o", self.folder / "out.xls"), ".parquet or .jsonl"),
                                (("sql", "SELECT * FROM read_text('/etc/hostname')", "-o", self.folder / "stolen.csv"), ""),
                                (("tables", "export", "raw.nothing", "-o", self.folder / "all"), "no table raw.nothing"),
                                (("tables", "export", "-o", self.folder / "all.csv"), "is one file")):
            code, _, said = self.ask(*arguments)
            self.assertNotEqual(code, 0, arguments)
            self.assertIn(says, said)
        self.assertFalse((self.folder / "stolen.csv").exists())
        code, _, said = shop.run("sql", query, "-o", str(out), data=self.data, TMPDIR=str(self.folder / "nowhere"))
        self.assertEqual(code, 3, said)
        self.assertIn("set TMPDIR", said)
        device = self.folder / "device.csv"
        device.symlink_to("/dev/null")
        code, _, said = self.ask("sql", query, "-o", device)
        self.assertEqual(code, 2, said)


if __name__ == "__main__":
    shop.main()
