-- Kinds of ids of which some came as texts, which raw.id_map numbers, and some as numbers, which stayed what they are.
--
--   grain    kind
--   key      kind
--   reads    raw.id_map, raw.customers, raw.product_catalog, raw.stores, raw.event_stream
--   as of    of events, those of this import alone, loaded at $loaded_at
--   missing  a kind whose ids are all of one sort has no row.
WITH given AS (
  SELECT DISTINCT 'customer' AS kind, customer_id AS id, 'raw.customers' AS table_name FROM raw.customers
  UNION ALL
  SELECT DISTINCT 'product', product_id, 'raw.product_catalog' FROM raw.product_catalog
  UNION ALL
  SELECT DISTINCT 'store', store_id, 'raw.stores' FROM raw.stores
  UNION ALL
  SELECT DISTINCT 'customer', customer_id, 'raw.event_stream' FROM raw.event_stream WHERE loaded_at = $loaded_at
  UNION ALL
  SELECT DISTINCT 'product', product_id, 'raw.event_stream' FROM raw.event_stream WHERE loaded_at = $loaded_at
  UNION ALL
  SELECT DISTINCT 'store', store_id, 'raw.event_stream' FROM raw.event_stream WHERE loaded_at = $loaded_at
)
SELECT g.kind, min(g.table_name) AS table_name, min(g.id) AS number_id,
  (SELECT min(m.source_id) FROM raw.id_map m WHERE m.kind = g.kind) AS text_id
FROM given g
WHERE g.id IS NOT NULL
  AND EXISTS (SELECT 1 FROM raw.id_map m WHERE m.kind = g.kind)
  AND NOT EXISTS (SELECT 1 FROM raw.id_map m WHERE m.kind = g.kind AND m.id = g.id)
GROUP BY g.kind
ORDER BY g.kind;
