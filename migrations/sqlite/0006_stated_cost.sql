-- compatible_from: 1
-- What the provider's answer itself says that a call costs.

-- Nano-dollars; NULL: it says nothing.
ALTER TABLE usage ADD COLUMN stated_cost INTEGER;
