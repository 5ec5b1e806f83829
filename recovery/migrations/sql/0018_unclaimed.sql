-- Dust and dormant money is paid after a release on proof, by two people.
CREATE FUNCTION desk_guard_unclaimed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.kind = 'credit' AND EXISTS (
      SELECT 1 FROM recovery_decision d
      JOIN recovery_unclaimedrule r ON r.asset = d.asset
        AND r.period @> NEW.proposed_at
      WHERE d.id = NEW.decision_id
        AND (d.amount <= r.dust_amount
             OR NEW.proposed_at - d.ended_at >= r.dormant_days * interval '1 day'))
     AND NOT EXISTS (
      SELECT 1 FROM recovery_unclaimedrelease u
      WHERE u.decision_id = NEW.decision_id AND u.approver_id IS NOT NULL
        AND u.recorded_by_id <> u.approver_id) THEN
    RAISE EXCEPTION 'dust and dormant money is paid after a release on proof'
      USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER desk_guard_unclaimed BEFORE INSERT ON recovery_payment
  FOR EACH ROW EXECUTE FUNCTION desk_guard_unclaimed();

CREATE FUNCTION desk_guard_release() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    IF NEW.approver_id IS NOT NULL THEN
      RAISE EXCEPTION 'a release is recorded before it is approved'
        USING ERRCODE = 'check_violation';
    END IF;
  ELSIF OLD.approver_id IS NOT NULL
     OR (NEW.decision_id, NEW.proof, NEW.evidence, NEW.recorded_by_id, NEW.recorded_at)
        IS DISTINCT FROM
        (OLD.decision_id, OLD.proof, OLD.evidence, OLD.recorded_by_id,
         OLD.recorded_at) THEN
    RAISE EXCEPTION 'what proves a release stays as it is'
      USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER desk_guard BEFORE INSERT OR UPDATE ON recovery_unclaimedrelease
  FOR EACH ROW EXECUTE FUNCTION desk_guard_release();

CREATE FUNCTION desk_guard_unclaimed_rule() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (NEW.version, NEW.asset, NEW.dust_amount, NEW.dormant_days, NEW.terms_reference,
      lower(NEW.period))
     IS DISTINCT FROM
     (OLD.version, OLD.asset, OLD.dust_amount, OLD.dormant_days, OLD.terms_reference,
      lower(OLD.period)) THEN
    RAISE EXCEPTION 'a rule is ended and another begins; it does not change'
      USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER desk_guard BEFORE UPDATE ON recovery_unclaimedrule
  FOR EACH ROW EXECUTE FUNCTION desk_guard_unclaimed_rule();

DO $$
DECLARE t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['unclaimedrule', 'unclaimedrelease'] LOOP
    EXECUTE format('CREATE TRIGGER desk_no_delete BEFORE DELETE
      ON recovery_%s FOR EACH ROW EXECUTE FUNCTION desk_refuse_change()', t);
    EXECUTE format('CREATE TRIGGER desk_no_truncate BEFORE TRUNCATE
      ON recovery_%s FOR EACH STATEMENT EXECUTE FUNCTION desk_refuse_change()', t);
  END LOOP;
END $$;
CREATE TRIGGER desk_append_only BEFORE UPDATE OR DELETE ON recovery_contactattempt
  FOR EACH ROW EXECUTE FUNCTION desk_refuse_change();
CREATE TRIGGER desk_no_truncate BEFORE TRUNCATE ON recovery_contactattempt
  FOR EACH STATEMENT EXECUTE FUNCTION desk_refuse_change();
