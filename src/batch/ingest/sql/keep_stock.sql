-- Keeps what is in stock, before files are read into the table.
--
--   grain    product_id, region
--   reads    raw.inventory
CREATE TABLE raw.aisle_stock_before AS SELECT * FROM raw.inventory;
