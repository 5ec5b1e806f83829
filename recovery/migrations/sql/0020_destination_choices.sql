-- What customers choose is only added to, and is their own.
CREATE FUNCTION desk_guard_choice() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (
      SELECT 1 FROM recovery_recoverycase k
      JOIN accounts_destination d ON d.customer_id = k.customer_id
      JOIN recovery_claim c ON c.customer_id = k.customer_id AND c.case_id = k.id
      WHERE k.id = NEW.case_id AND d.id = NEW.destination_id AND c.id = NEW.claim_id
        AND d.status = 'approved'
    ) THEN
    RAISE EXCEPTION 'this destination is not an approved one of the customer'
      USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER desk_guard BEFORE INSERT ON recovery_destinationchoice
  FOR EACH ROW EXECUTE FUNCTION desk_guard_choice();
CREATE TRIGGER desk_append_only BEFORE UPDATE OR DELETE ON recovery_destinationchoice
  FOR EACH ROW EXECUTE FUNCTION desk_refuse_change();
CREATE TRIGGER desk_no_truncate BEFORE TRUNCATE ON recovery_destinationchoice
  FOR EACH STATEMENT EXECUTE FUNCTION desk_refuse_change();
