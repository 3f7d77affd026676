-- Puts back what was in stock: what files have given of it comes as changes.
--
--   grain    product_id, region
--   reads    raw.aisle_stock_before
DELETE FROM raw.inventory;
INSERT INTO raw.inventory SELECT * FROM raw.aisle_stock_before;
DROP TABLE raw.aisle_stock_before;
