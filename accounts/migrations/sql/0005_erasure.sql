-- What is known of a person can be taken out of their rows, and nothing else of what was
-- proposed, verified or approved can change (TRUST T57). Only the owner's own function
-- erases: whoever may write these tables cannot claim to.
CREATE FUNCTION desk_erases(was jsonb, becomes jsonb, erasable text[]) RETURNS boolean
LANGUAGE sql STABLE AS $$
  SELECT current_setting('desk.erasing', true) = 'on'
    AND current_user = (SELECT pg_get_userbyid(relowner) FROM pg_class
                        WHERE oid = 'accounts_customer'::regclass)
    AND NOT EXISTS (
      SELECT FROM jsonb_each_text(becomes) b
      WHERE b.value IS DISTINCT FROM was ->> b.key
        AND NOT (b.key = ANY (erasable)
                 AND (b.value = '[erased]' OR b.value ~ '^erased-[0-9]+@invalid$')))
$$;

DROP TRIGGER desk_guard ON accounts_destination;
CREATE TRIGGER desk_guard BEFORE INSERT OR DELETE ON accounts_destination
  FOR EACH ROW EXECUTE FUNCTION desk_guard_destination();
CREATE TRIGGER desk_guard_update BEFORE UPDATE ON accounts_destination
  FOR EACH ROW WHEN (NOT desk_erases(to_jsonb(OLD), to_jsonb(NEW), ARRAY[
    'address', 'memo', 'verified_how', 'evidence', 'revoked_reason']))
  EXECUTE FUNCTION desk_guard_destination();

DROP TRIGGER desk_guard ON accounts_contactchange;
CREATE TRIGGER desk_guard BEFORE INSERT OR DELETE ON accounts_contactchange
  FOR EACH ROW EXECUTE FUNCTION desk_guard_contact_change();
CREATE TRIGGER desk_guard_update BEFORE UPDATE ON accounts_contactchange
  FOR EACH ROW WHEN (NOT desk_erases(to_jsonb(OLD), to_jsonb(NEW), ARRAY[
    'old_mail', 'new_mail', 'how', 'reason']))
  EXECUTE FUNCTION desk_guard_contact_change();

DROP TRIGGER desk_guard_mail ON accounts_customer;
CREATE TRIGGER desk_guard_mail BEFORE UPDATE ON accounts_customer
  FOR EACH ROW WHEN (OLD.email IS DISTINCT FROM NEW.email AND NOT desk_erases(
    to_jsonb(OLD), to_jsonb(NEW), ARRAY['full_name', 'email']))
  EXECUTE FUNCTION desk_guard_mail();
