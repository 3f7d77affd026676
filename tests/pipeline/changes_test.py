"""What changes between two generations, from the log of changes to the one that is published: stock out of files while
no server runs, a pass of the worker, what a newer file says, a log that is damaged."""
import json

import shop

MAPPING = """
name = "stock-feed"
about = "Stock by the minute"
[sources.stock]
file = "stock.csv"
[sources.stock.columns]
product = "BIGINT"
region = "TEXT"
pieces = "INT"
[[tables]]
table = "raw.inventory"
from = "stock"
query = "SELECT source_line, product AS product_id, region, pieces AS qty_on_hand FROM stock"
"""


class Changes(shop.ShopTest):
    def setUp(self):
        super().setUp()
        self.copy_shop()
        (self.folder / "feed.toml").write_text(MAPPING)

    def rows(self, query):
        return [list(json.loads(line).values()) for line in self.must("sql", "--json", query).splitlines()]

    def feed(self, *rows):
        """Writes the file and imports it; the result as JSON."""
        (self.folder / "stock.csv").write_text("product,region,pieces\n" + "".join(f"{p},{r},{n}\n" for p, r, n in rows))
        return json.loads(self.must("import", "--only", "inventory", "--add", "--json", str(self.folder / "feed.toml")))

    def manifest(self):
        serving = self.data / "serving"
        number = (serving / "CURRENT").read_text().strip()
        return json.loads((serving / f"generation-{number}" / "manifest.json").read_text())

    def test_stock_of_a_file_reaches_the_tables_and_the_next_generation_knows_of_it(self):
        product, region = self.rows(
            "SELECT product_id, region FROM raw.inventory WHERE qty_on_hand > 0 ORDER BY ALL LIMIT 1")[0]
        before = self.manifest()
        self.assertEqual((before["changes_log"], before["changes_until"]), ("", 0))
        done = self.feed((product, region, 0), (product, "Atlantis", 5))
        self.assertEqual((done["changed"], done["refused"], done["tables"][0]["rejected"]), (1, 0, 1))
        self.assertEqual(self.feed((product, region, 0))["changed"], 0, "as it is there already")
        self.assertEqual(
            [row[0] for row in self.rows("SELECT qty_on_hand FROM raw.inventory_history "
                                         f"WHERE product_id = {product} AND region = '{region}' AND valid_to IS NULL")],
            [0])
        status = self.status()
        self.assertEqual((status["changes"]["logged"], status["changes"]["waiting"]), (1, 0))
        passed = json.loads(self.must("worker", "--json"))
        self.assertEqual(passed["changes"], 0, "the import took it in itself")
        after = self.manifest()
        self.assertEqual(after["changes_until"], 1)
        self.assertEqual(after["changes_log"], (self.data / "changes" / "id").read_text().strip())
        self.assertEqual(after["inventory_rows"], before["inventory_rows"] - 1)

    def test_a_damaged_log_of_changes_is_said_and_the_pass_goes_on(self):
        self.feed((1, "West", 7))
        log = self.data / "changes" / "data.mdb"
        log.write_bytes(b"\xff" * 8192 + log.read_bytes()[8192:])
        status = self.status()
        self.assertEqual(status["unread"], ["changes"])
        self.assertIn("damaged", status["problems"][0])
        code, _, err = shop.run("worker", data=self.data)
        self.assertEqual(code, 0, err)
        self.assertIn("changes are not taken in", err)

    def test_clean_removes_the_log_too(self):
        self.feed((1, "West", 7))
        self.assertTrue((self.data / "changes").exists())
        self.must("clean", "--yes")
        self.assertFalse((self.data / "changes").exists())


if __name__ == "__main__":
    shop.main()
