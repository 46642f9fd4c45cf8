-- compatible_from: 1
-- What replaces an entry deletes it, and tells no trigger of deletions. So what is there already is
-- not added again, by its id nor by its number.
--
-- An entry has who did it by their id and masks people's names and addresses of mail. What it has of
-- a person beside that is the address on the network that they acted from, which stays.

CREATE TRIGGER audit_is_never_replaced BEFORE INSERT ON audit
WHEN EXISTS (SELECT 1 FROM audit WHERE id = NEW.id OR rowid = NEW.rowid)
BEGIN
    SELECT RAISE(ABORT, 'the audit log is only added to');
END;
