"""A retailer whose regions, postal codes, tiers and currency are not the quickstart's: from its files to the answer."""
import json
import shutil

import shop

AS_OF = "2025-07-22"


class ARetailerOfItsOwnShape(shop.ShopTest):
    def setUp(self):
        super().setUp()
        self.files = self.folder / "files"
        shutil.copytree(shop.ROOT / "config/mappings/maple_market", self.files)

    def test_from_import_to_answer(self):
        self.must("import", str(self.files / "mapping.toml"))
        self.must("refresh", "--as-of", AS_OF)
        for model in ("propensity", "ranking"):
            self.must("train", self.small_recipe(model), "--as-of", AS_OF)
        self.must("score", "--as-of", AS_OF)
        self.must("publish", "--as-of", AS_OF)

        tiers = self.rows("""
            SELECT c.loyalty_tier AS tier, f.loyalty_tier_num AS num FROM gold.customer_360 c
            JOIN feature_store.customer_features f ON f.customer_id = c.customer_id
            GROUP BY c.loyalty_tier, f.loyalty_tier_num ORDER BY f.loyalty_tier_num""")
        names = [row["tier_name"] for row in self.rows("SELECT tier_name FROM raw.loyalty_tiers ORDER BY min_annual_spend")]
        self.assertEqual({row["tier"]: row["num"] for row in tiers},
                         {name: place for place, name in enumerate(names)})

        with self.serving() as server:
            ontario = self.answer(server, "customer_id=C001&zip_code=K1A0B1&top_n=5")
            quebec = self.answer(server, "customer_id=C001&zip_code=k6a-0b1&top_n=5")
            self.assertEqual((ontario["region"], quebec["region"]), ("Ontario", "Québec"))
            self.assertEqual(ontario["currency"], "CAD")
            self.assertEqual(ontario["recommendations"][0]["source"], "model")
            self.assertEqual(ontario["degraded"], [])
            # The longer prefix decides, and each warehouse has its own pieces.
            stock = {region: self.stock(region) for region in ("Ontario", "Québec")}
            for answer in (ontario, quebec):
                for item in answer["recommendations"]:
                    self.assertEqual(item["in_stock_qty"], stock[answer["region"]][item["product_id"]])
            home = self.answer(server, "customer_id=C001&top_n=1")
            self.assertIn(home["region"], stock)
            status, _, problem = server.get("/recommend?customer_id=C001&zip_code=10001")
            self.assertEqual((status, problem["field"]), (400, "zip_code"))
            self.assertIn("A9A 9A9", problem["accepted"])
            self.check_own_ids(server)
        said = self.fails(2, "recommend", "C001", "--zip-code", "10001")
        self.assertIn("A9A 9A9", said)
        local = json.loads(self.must("recommend", "C001", "--json"))
        self.assertEqual(local["customer_id"], "C001")
        self.assertIn("'1' is unknown", self.fails(3, "recommend", "1", "--strict"))

    def check_own_ids(self, server):
        """The shop's ids are texts: cards such as C001, goods such as BA01. It sends and gets these, everywhere."""
        answer = self.answer(server, "customer_id=C001&why=true")
        self.assertEqual(answer["customer_id"], "C001")
        for item in answer["recommendations"]:
            self.assertRegex(item["product_id"], "^[A-Z]{2}[0-9]{2}$")
            self.assertTrue(item["why"])
        body = {"data": [[1, {"customer_id": "C002"}], [2, {"customer_id": 2}], [3, {"customer_id": "nobody"}]]}
        status, _, rows = server.post("/recommend", body)
        self.assertEqual(status, 200)
        (_, known), (_, number), (_, nobody) = rows["data"]
        self.assertEqual(known["customer_id"], "C002")
        self.assertEqual((number["status"], number["field"]), (400, "customer_id"))
        self.assertIn("the retailer's own", number["accepted"])
        self.assertEqual(nobody["degraded"][0], {"what": "customer", "why": "unknown"})
        status, _, refused = server.get("/recommend?customer_id=1&strict=true")
        self.assertEqual((status, refused["detail"]), (404, "customer_id '1' is unknown"))
        example = server.get("/health")[2]["example_customer_id"]
        self.assertRegex(example, "^C[0-9]{3}$")
        customer = server.get(f"/customers/{example}")[2]
        self.assertEqual((customer["customer_id"], customer["currency"]), (example, "CAD"))
        self.assertTrue(customer["products"])
        self.assertRegex(customer["products"][0]["product_id"], "^[A-Z]{2}[0-9]{2}$")
        self.assertEqual(server.get("/customers/1")[0], 404)

    def rows(self, query):
        return [json.loads(row) for row in self.must("sql", "--json", query).splitlines()]

    def stock(self, region):
        rows = self.rows(f"""SELECT m.source_id AS product_id, i.qty_on_hand FROM raw.inventory i
            JOIN raw.id_map m ON m.kind = 'product' AND m.id = i.product_id WHERE i.region = '{region}'""")
        return {row["product_id"]: row["qty_on_hand"] for row in rows}

    def test_a_tier_that_is_none_of_its_own_is_rejected_by_name(self):
        path = self.files / "customers.csv"
        lines = path.read_text().splitlines()
        level = lines[0].split(",").index("level")
        row = lines[1].split(",")
        row[level] = "99"
        path.write_text("\n".join([lines[0], ",".join(row), *lines[2:]]) + "\n")
        imported = json.loads(self.must("import", str(self.files / "mapping.toml"), "--json"))
        customers = next(table for table in imported["tables"] if table["table"] == "raw.customers")
        self.assertEqual(customers["rejected"], 1, imported)


if __name__ == "__main__":
    shop.main()
