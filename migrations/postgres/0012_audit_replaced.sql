-- compatible_from: 1
-- Here nothing can replace an entry: what would, updates or empties, and both are refused already.
--
-- An entry has who did it by their id and masks people's names and addresses of mail. What it has of
-- a person beside that is the address on the network that they acted from, which stays.

COMMENT ON TABLE audit IS 'What was done by whom; only added to.';
COMMENT ON COLUMN audit.address IS 'The address on the network that it was done from.';
