-- Products and customers that events name and that are in no table.
--
--   grain    kind of id of raw.id_map: customer, product; kinds of which there are none have no row
--   reads    raw.event_stream, raw.customers, raw.product_catalog, raw.id_map
--   missing  an event without customer or product names none; an id without a row in raw.id_map is its own text
WITH named AS (
  SELECT 'customer' AS kind, customer_id AS id, count(*) AS events
  FROM raw.event_stream
  WHERE customer_id IS NOT NULL
  GROUP BY customer_id
  UNION ALL
  SELECT 'product' AS kind, product_id AS id, count(*) AS events
  FROM raw.event_stream
  WHERE product_id IS NOT NULL
  GROUP BY product_id
),
known AS (
  SELECT 'customer' AS kind, customer_id AS id FROM raw.customers
  UNION ALL
  SELECT 'product' AS kind, product_id AS id FROM raw.product_catalog
)
SELECT n.kind, CAST(sum(n.events) AS BIGINT) AS events, count(*) AS ids,
       min(coalesce(m.source_id, CAST(n.id AS STRING))) AS first_id
FROM named n
LEFT JOIN raw.id_map m ON m.kind = n.kind AND m.id = n.id
WHERE NOT EXISTS (SELECT 1 FROM known k WHERE k.kind = n.kind AND k.id = n.id)
GROUP BY n.kind
ORDER BY n.kind;
