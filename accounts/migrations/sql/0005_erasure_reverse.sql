DROP TRIGGER desk_guard_update ON accounts_destination;
DROP TRIGGER desk_guard ON accounts_destination;
CREATE TRIGGER desk_guard BEFORE INSERT OR UPDATE OR DELETE ON accounts_destination
  FOR EACH ROW EXECUTE FUNCTION desk_guard_destination();
DROP TRIGGER desk_guard_update ON accounts_contactchange;
DROP TRIGGER desk_guard ON accounts_contactchange;
CREATE TRIGGER desk_guard BEFORE INSERT OR UPDATE OR DELETE ON accounts_contactchange
  FOR EACH ROW EXECUTE FUNCTION desk_guard_contact_change();
DROP TRIGGER desk_guard_mail ON accounts_customer;
CREATE TRIGGER desk_guard_mail BEFORE UPDATE ON accounts_customer
  FOR EACH ROW WHEN (OLD.email IS DISTINCT FROM NEW.email)
  EXECUTE FUNCTION desk_guard_mail();
DROP FUNCTION desk_erases(jsonb, jsonb, text[]);
