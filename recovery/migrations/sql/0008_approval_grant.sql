-- An approval names the grant that let its approver approve, and how old it was: who
-- made himself a checker minutes before is seen in the row itself (TRUST T10). What the
-- application says of both is not believed. `desk_name_grant` comes after `desk_guard`
-- by its name.
CREATE FUNCTION desk_name_grant() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  g accounts_rolegrant%ROWTYPE;
BEGIN
  SELECT * INTO g FROM accounts_rolegrant
    WHERE user_id = NEW.approver_id AND revoked_at IS NULL
    ORDER BY role IN ('checker', 'lead') DESC, role = NEW.approver_role DESC,
      granted_at
    LIMIT 1;
  NEW.role_grant_id := g.id;
  NEW.grant_age := clock_timestamp() - g.granted_at;
  RETURN NEW;
END $$;
CREATE TRIGGER desk_name_grant BEFORE INSERT ON recovery_approval
  FOR EACH ROW EXECUTE FUNCTION desk_name_grant();
