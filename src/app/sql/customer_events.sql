-- What one customer did with products last, newest first, for the portrait.
--
--   grain    event
--   reads    raw.event_stream, raw.product_catalog
--   as of    $as_of, excluded
SELECT e.event_timestamp, e.event_type, e.channel, p.product_name, e.product_price, e.quantity
FROM raw.event_stream e
JOIN raw.product_catalog p ON p.product_id = e.product_id
WHERE e.customer_id = $customer AND e.event_timestamp < $as_of AND e.ingested_at < $as_of
ORDER BY e.event_timestamp DESC, e.event_id DESC
LIMIT $count
