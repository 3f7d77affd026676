"""Imports from outside: what a directory may hold, and whether the numbers of the report add up."""
import gzip
import json
import shutil

import shop


class AnImport(shop.ShopTest):
    def setUp(self):
        super().setUp()
        self.files = self.folder / "files"
        shutil.copytree(shop.ROOT / "config/mappings/corner_shop", self.files)
        self.mapping = self.files / "mapping.toml"

    def other_mapping(self):
        """The same files under another name, as a second retailer would bring them."""
        path = self.files / "other.toml"
        path.write_text(self.mapping.read_text().replace('name = "corner-shop"', 'name = "other-shop"'))
        return str(path)

    def imported(self, mapping=None, *more):
        return json.loads(self.must("import", str(mapping or self.mapping), "--json", *more))

    def append(self, name, *lines):
        with (self.files / name).open("a") as file:
            file.writelines(line + "\n" for line in lines)

    def count(self, query):
        return json.loads(self.must("sql", "--json", f"SELECT count(*) AS n FROM {query}"))["n"]

    def test_a_second_retailer_is_refused_until_it_is_asked_for(self):
        self.imported()
        other = self.other_mapping()
        said = self.fails(5, "import", other)
        self.assertIn("corner-shop", said)
        self.assertIn("--replace", said)
        self.assertEqual(self.status()["raw"]["source"], "corner-shop")
        self.fails(2, "import", other, "--add", "--replace")
        self.assertEqual(self.imported(other, "--add")["others"], ["corner-shop"])
        raw = self.status()["raw"]
        self.assertEqual(raw["source"], "corner-shop + other-shop")
        self.assertEqual(len(raw["defaults"]), 6)
        self.assertEqual(self.imported(other, "--replace")["others"], [])
        self.assertEqual(self.status()["raw"]["source"], "other-shop")
        self.imported(other)  # The same again stays fine.
        # What is replaced goes with the import, or not at all.
        events = self.count("raw.event_stream")
        (self.files / "orders.csv").rename(self.files / "away.csv")
        self.fails(3, "import", str(self.mapping), "--replace")
        self.assertEqual((self.count("raw.event_stream"), self.status()["raw"]["source"]), (events, "other-shop"))

    def test_generated_data_make_way_only_when_told_to(self):
        self.must("generate", "--customers", "5", "--as-of", "2026-01-31")
        self.assertIn("--replace", self.fails(5, "import", str(self.mapping)))
        self.imported(None, "--replace")
        self.assertEqual(self.count("raw.customers"), 2)
        self.assertEqual(self.status()["raw"]["kind"], "import")

    def test_the_numbers_add_up_and_a_mended_file_leaves_no_rejects(self):
        good = (self.files / "orders.csv").read_text()
        again = good.splitlines()[1]
        self.append("orders.csv", again, "R9;1;yesterday;anton;soap;1;2;", "R9;2;2025-02-01 10:00:00;;soap;1;2;")
        events = self.imported()["tables"][-1]
        self.assertEqual(events, {"table": "raw.event_stream", "source": "orders.csv", "rows": 5, "added": 3, "updated": 0,
                                  "unchanged": 0, "repeated": 1, "rejected": 1, "withdrawn": 0})
        self.assertEqual(self.count("raw.rejects"), 2)
        rows = {table["table"]: table["rows"] for table in self.status()["tables"]}
        self.assertEqual(rows["raw.event_stream"], 3)
        (self.files / "orders.csv").write_text(good)
        self.assertEqual(self.imported()["tables"][-1]["unchanged"], 3)
        self.assertEqual(self.count("raw.rejects"), 0)

    def test_events_of_what_no_table_knows_are_stated(self):
        self.append("orders.csv", "R9;1;2025-02-01 10:00:00;C77;soap;1;2.25;", "R9;2;2025-02-01 10:00:00;C77;NOPE;1;2;")
        self.assertIn("products not in raw.product_catalog: 1 (the first: NOPE), events of them: 1;",
                      self.must("import", str(self.mapping)))
        unknown = {one["kind"]: one for one in self.imported()["unknown"]}
        self.assertEqual(unknown["customer"], {"kind": "customer", "events": 2, "ids": 1, "first": "C77"})
        self.assertEqual(unknown["product"]["events"], 1)
        self.assertEqual(self.count("raw.rejects"), 0)

    def test_a_shop_of_another_shape_comes_in_whole(self):
        mapping = shop.ROOT / "config/mappings/maple_market/mapping.toml"
        report = self.imported(mapping)
        self.assertEqual(sum(table["rejected"] for table in report["tables"]), 0)
        self.assertEqual(report["unknown_postal_codes"], {"customers": 1, "codes": 1, "first": "V5K 0A1"})
        self.assertEqual(self.count("raw.inventory WHERE region IN ('Ontario', 'Québec')"), 72)
        self.assertIn("customers whose postal code belongs to no region: 1 (codes: 1, the first: V5K 0A1)",
                      self.must("import", str(mapping)))

    def test_an_import_that_brings_nothing_fails_and_loses_nothing(self):
        orders = self.files / "orders.csv"
        good = orders.read_text()
        self.imported()
        until, events = self.status()["raw"]["until"], self.count("raw.event_stream")
        for text in (good.splitlines()[0] + "\n", good.replace("2025-", "day 2025-")):
            orders.write_text(text)
            for more in ((), ("--replace",)):
                code, out, said = shop.run("import", str(self.mapping), *more, data=self.data)
                self.assertEqual((code, out), (5, ""))
                self.assertIn("orders.csv: no", said)
                self.assertNotIn("1970", said)
                self.assertNotIn("aisle refresh", said)
                self.assertEqual((self.status()["raw"]["until"], self.count("raw.event_stream")), (until, events))
        self.assertIn("line 2: bought_at: 'day 2025-01-10 18:30:00' is not TIMESTAMP", said)

    def test_a_catalogue_without_events_has_no_end_yet(self):
        text = self.mapping.read_text()
        self.mapping.write_text(text[:text.rindex("[[tables]]")])
        self.assertIsNone(self.imported()["last_event"])
        self.assertIsNone(self.status()["raw"]["until"])
        code, out, said = shop.run("import", str(self.mapping), data=self.data)
        self.assertEqual(code, 0, said)
        self.assertIn("no events yet", out)
        self.assertIn("there are no events yet: import some before `aisle refresh`", said)
        shown = self.must("status")
        self.assertIn("corner-shop, no events yet", shown)
        self.assertNotIn("1970", out + said + shown)

    def test_times_that_the_clock_skips_or_repeats_are_stated(self):
        self.append("orders.csv", "R8;1;2025-03-09 02:30:00;anton;soap;1;2;", "R9;1;2025-11-02 01:30:00;anton;soap;1;2;")
        said = self.must("import", str(self.mapping))
        self.assertIn("orders.csv, bought_at, by the clock of America/New_York: times that it skips: 1 (line 5: '2025-03-09 "
                      "02:30:00'); taken later by what it skips", said)
        self.assertIn("times that it shows twice: 1 (line 6: '2025-11-02 01:30:00'); taken as the second", said)
        self.assertEqual(self.imported()["changed_clocks"], [
            {"file": "orders.csv", "column": "bought_at", "time_zone": "America/New_York", "skipped": 1,
             "first_skipped": "line 5: '2025-03-09 02:30:00'", "repeated": 1,
             "first_repeated": "line 6: '2025-11-02 01:30:00'"}])
        self.append("orders.csv", "R7;1;2025-03-09 02:30:00 UTC;anton;soap;1;2;")
        self.assertIn("the times are written in two ways", self.fails(2, "import", str(self.mapping)))

    def test_a_folder_of_parts_is_one_source_and_a_rejected_line_is_named_by_its_part(self):
        header, first, *rest = (self.files / "orders.csv").read_text().splitlines(keepends=True)
        (self.files / "orders.csv").unlink()
        parts = self.files / "orders"
        parts.mkdir()
        (parts / "part-0.csv").write_text(header + first)
        (parts / "part-1.csv.gz").write_bytes(gzip.compress((header + "".join(rest) + "R9;1;2025-03-09 02:30:00;anton;soap;1;2;\n").encode()))
        (parts / "part-2.csv").write_text(header + "R8;1;yesterday;anton;soap;1;2;\n")
        (parts / "_SUCCESS").touch()
        self.mapping.write_text(self.mapping.read_text().replace('"orders.csv"', '"orders/"'))
        report = self.imported()
        self.assertIn({"file": "orders/", "files": 3, "rows": 5, "rejected": 1}, report["sources"])
        self.assertEqual(report["changed_clocks"][0]["first_skipped"], "orders/part-1.csv.gz, line 4: '2025-03-09 02:30:00'")
        self.assertEqual(json.loads(self.must("sql", "--json", "SELECT source, line, reason FROM raw.rejects")), {
            "source": "corner-shop/orders/part-2.csv", "line": 2, "reason": "bought_at: 'yesterday' is not TIMESTAMP"})
        self.assertIn("orders/ (3 files)", self.must("import", str(self.mapping)))
        self.assertEqual(self.count("raw.event_stream"), 4)
        for name in ("part-0.csv", "part-1.csv.gz"):
            (parts / name).unlink()
        self.assertIn("orders/: none of its 1 rows can be used; rejected: orders/part-2.csv, line 2: bought_at: 'yesterday' is not "
                      "TIMESTAMP; at_least_rows", self.fails(5, "import", str(self.mapping)))
        self.assertEqual(self.count("raw.event_stream"), 4)

    def test_what_came_in_and_may_not_be_meant_is_said(self):
        self.append("products.csv", "x1,X,Care,A,1.00,no", "x2,X,care ,A,1.00,no")
        self.append("orders.csv", "R9;1;\x1b[31mred;anton;soap;1;2;")
        said = self.must("import", str(self.mapping))
        self.assertIn("categories: 3 spellings of 1 (such as 'Care', 'care '), 5 in all", said)
        self.assertIn("by the mapping's delay: 1; a refresh as of 2025-07-10 14:00:00 does not see them", said)
        self.assertIn("        1  orders.csv: bought_at: … is not TIMESTAMP\n           line 5: ' [31mred' in R9;1; [31mred;anton;", said)
        self.assertIn("Columns most often at fault: bought_at of orders.csv (1)", said)

    def test_events_of_the_future_are_named(self):
        self.append("orders.csv", "R9;1;2199-01-01 10:00:00;anton;soap;1;2.25;")
        code, out, said = shop.run("import", str(self.mapping), data=self.data)
        self.assertEqual(code, 0, said)
        self.assertIn("events after now: 1, the last at 2199-01-01 15:00:00", said)
        self.assertEqual(self.imported()["events_after_now"], 1)


if __name__ == "__main__":
    shop.main()
