-- compatible_from: 1
-- Each time a provider was asked for a call.

-- A list; NULL: once, with the only credential, and it answered.
ALTER TABLE usage ADD COLUMN trace TEXT;
