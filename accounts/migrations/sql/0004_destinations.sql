-- Guards of where money goes and of the mail on file, for the day a service is bypassed.
-- Destinations from before had no second person: they begin anew.
UPDATE accounts_destination
  SET status = 'proposed', verified_at = NULL, proposed_at = created_at;

SET CONSTRAINTS ALL IMMEDIATE;
INSERT INTO accounts_cooldown (client_class, hours, valid_from) VALUES
  ('retail', 48, '2020-01-01 00:00+00'),
  ('professional', 24, '2020-01-01 00:00+00'),
  ('institutional', 24, '2020-01-01 00:00+00');

CREATE FUNCTION desk_guard_destination() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    RAISE EXCEPTION 'a destination is revoked, not deleted'
      USING ERRCODE = 'restrict_violation';
  END IF;
  IF TG_OP = 'INSERT' THEN
    IF NEW.status <> 'proposed' OR NEW.verified_by_id IS NOT NULL
       OR NEW.approved_by_id IS NOT NULL OR NEW.usable_at IS NOT NULL THEN
      RAISE EXCEPTION 'a destination begins as proposed'
        USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
  END IF;
  IF (NEW.customer_id, NEW.asset, NEW.network, NEW.address, NEW.memo,
      NEW.is_checked, NEW.proposed_by_id, NEW.proposed_at)
     IS DISTINCT FROM
     (OLD.customer_id, OLD.asset, OLD.network, OLD.address, OLD.memo,
      OLD.is_checked, OLD.proposed_by_id, OLD.proposed_at) THEN
    RAISE EXCEPTION 'another address is another destination'
      USING ERRCODE = 'check_violation';
  END IF;
  IF OLD.status = 'revoked' THEN
    RAISE EXCEPTION 'a revoked destination stays as it is'
      USING ERRCODE = 'check_violation';
  END IF;
  IF NEW.status <> OLD.status AND (OLD.status, NEW.status) NOT IN (
      ('proposed', 'verified'), ('verified', 'approved'),
      ('proposed', 'revoked'), ('verified', 'revoked'), ('approved', 'revoked')
    ) THEN
    RAISE EXCEPTION 'a destination cannot go from % to %', OLD.status, NEW.status
      USING ERRCODE = 'check_violation';
  END IF;
  -- Who verified and who approved comes with that step, and stays.
  IF (OLD.status, NEW.status) <> ('proposed', 'verified')
     AND (NEW.verified_by_id, NEW.verified_at, NEW.verified_how, NEW.evidence)
         IS DISTINCT FROM
         (OLD.verified_by_id, OLD.verified_at, OLD.verified_how, OLD.evidence) THEN
    RAISE EXCEPTION 'who verified a destination stays' USING ERRCODE = 'check_violation';
  END IF;
  IF (OLD.status, NEW.status) <> ('verified', 'approved')
     AND (NEW.approved_by_id, NEW.approved_at, NEW.usable_at)
         IS DISTINCT FROM (OLD.approved_by_id, OLD.approved_at, OLD.usable_at) THEN
    RAISE EXCEPTION 'who approved a destination stays' USING ERRCODE = 'check_violation';
  END IF;
  IF NEW.status = 'verified' AND OLD.status = 'proposed'
     AND (NEW.verified_by_id IS NULL OR NEW.verified_how = '' OR NEW.evidence = '') THEN
    RAISE EXCEPTION 'a destination is verified by somebody, in words, with evidence'
      USING ERRCODE = 'check_violation';
  END IF;
  IF NEW.status = 'approved' AND OLD.status = 'verified'
     AND (NEW.screening <> 'clear' OR NEW.usable_at < NEW.approved_at) THEN
    RAISE EXCEPTION 'a destination is approved with a clear screening and a rest'
      USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER desk_guard BEFORE INSERT OR UPDATE OR DELETE ON accounts_destination
  FOR EACH ROW EXECUTE FUNCTION desk_guard_destination();

CREATE FUNCTION desk_guard_contact_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    RAISE EXCEPTION 'a change of contact stays' USING ERRCODE = 'restrict_violation';
  END IF;
  IF TG_OP = 'INSERT' THEN
    IF NEW.status <> 'proposed' OR NEW.decided_by_id IS NOT NULL THEN
      RAISE EXCEPTION 'a change of contact begins as proposed'
        USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
  END IF;
  IF OLD.status <> 'proposed'
     OR (NEW.customer_id, NEW.old_mail, NEW.new_mail, NEW.how, NEW.proposed_by_id,
         NEW.proposed_at)
        IS DISTINCT FROM
        (OLD.customer_id, OLD.old_mail, OLD.new_mail, OLD.how, OLD.proposed_by_id,
         OLD.proposed_at) THEN
    RAISE EXCEPTION 'what was proposed stays as it is' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER desk_guard BEFORE INSERT OR UPDATE OR DELETE ON accounts_contactchange
  FOR EACH ROW EXECUTE FUNCTION desk_guard_contact_change();

-- The mail on file is what codes go to: it follows an approved change and nothing else.
CREATE FUNCTION desk_guard_mail() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (
      SELECT 1 FROM accounts_contactchange c
      WHERE c.customer_id = NEW.id AND c.status = 'approved'
        AND c.old_mail = OLD.email AND c.new_mail = NEW.email
        AND c.decided_by_id IS DISTINCT FROM c.proposed_by_id
    ) OR NEW.cooling_until IS NULL OR NEW.cooling_until <= coalesce(
      (SELECT max(decided_at) FROM accounts_contactchange
       WHERE customer_id = NEW.id AND status = 'approved'), now()) THEN
    RAISE EXCEPTION 'the mail on file changes by an approved change only'
      USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER desk_guard_mail BEFORE UPDATE ON accounts_customer
  FOR EACH ROW WHEN (OLD.email IS DISTINCT FROM NEW.email)
  EXECUTE FUNCTION desk_guard_mail();
