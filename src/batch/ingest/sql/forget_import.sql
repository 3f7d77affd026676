-- Takes the lines of one mapping out of raw.about, before they are written anew.
--
--   grain    key
--   reads    raw.about
DELETE FROM raw.about WHERE starts_with(key, $prefix);
