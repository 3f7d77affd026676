-- What customers bought from $since until before $until: what a model of that time would learn as "yes".
--
--   grain    one row
--   reads    raw.event_stream
--   missing  purchases without customer or product count for neither; the category is the event's.
SELECT count(DISTINCT CASE WHEN product_id IS NOT NULL THEN concat(customer_id, '/', product_id) END) AS pairs,
  count(DISTINCT CASE WHEN product_category IS NOT NULL THEN concat(customer_id, '/', product_category) END) AS categories
FROM raw.event_stream
WHERE event_type IN $purchase_kinds AND customer_id IS NOT NULL
  AND event_timestamp >= $since AND event_timestamp < $until
