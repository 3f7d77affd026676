-- The retailer's tiers from the lowest spend to the highest.
--
--   grain    tier
--   reads    raw.loyalty_tiers
--   units    floor_cents: hundredths of the currency
--   missing  no rows: the quickstart's. NULL is an empty text; of the spend it is -1.
SELECT coalesce(tier_id, '') AS tier_id, coalesce(tier_name, '') AS tier_name,
       coalesce(CAST(min_annual_spend * 100 AS BIGINT), -1) AS floor_cents
FROM raw.loyalty_tiers
ORDER BY floor_cents, tier_name;
