-- Money leaves to destinations that two people stand for and that have cooled down, and
-- nobody who had a hand in one approves a payment to it. Names after desk_guard.
CREATE FUNCTION desk_guard_destination_use() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  -- Dropping out of a batch is always possible.
  IF NEW.kind = 'withdrawal' AND NEW.status IS DISTINCT FROM OLD.status
     AND (NEW.status IN ('in_batch', 'sent')
          OR (OLD.status = 'proposed' AND NEW.status = 'approved'))
     AND NOT EXISTS (
      SELECT 1 FROM accounts_destination d
      JOIN accounts_customer c ON c.id = d.customer_id
      JOIN recovery_recoverycase k ON k.id = NEW.case_id AND k.customer_id = c.id
      WHERE d.id = NEW.destination_id AND d.asset = NEW.asset
        AND d.status = 'approved' AND d.screening = 'clear'
        AND d.usable_at <= clock_timestamp()
        AND (c.cooling_until IS NULL OR c.cooling_until <= clock_timestamp())
    ) THEN
    RAISE EXCEPTION 'the destination of this payment cannot be used'
      USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER desk_guard_use BEFORE UPDATE OF status ON recovery_payment
  FOR EACH ROW EXECUTE FUNCTION desk_guard_destination_use();

CREATE FUNCTION desk_guard_approval_editor() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (
      SELECT 1 FROM recovery_payment p
      JOIN accounts_destination d ON d.id = p.destination_id
      WHERE p.id = NEW.payment_id
        AND NEW.approver_id IN (d.proposed_by_id, d.verified_by_id)
    ) THEN
    RAISE EXCEPTION 'who proposed or verified a destination approves no payment to it'
      USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER desk_guard_editor BEFORE INSERT ON recovery_approval
  FOR EACH ROW EXECUTE FUNCTION desk_guard_approval_editor();
