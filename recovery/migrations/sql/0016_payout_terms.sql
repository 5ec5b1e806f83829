-- On what terms a withdrawal leaves. What was fixed when it was proposed is what was in
-- force then, and stays.

-- The fee of the rule in force, parted as the rule says.
CREATE FUNCTION desk_guard_payout_terms() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  r recovery_networkfeerule%ROWTYPE;
  c recovery_conversion%ROWTYPE;
  d accounts_destination%ROWTYPE;
  house numeric;
BEGIN
  IF TG_OP = 'UPDATE' THEN
    IF (NEW.house_fee_amount, NEW.network_fee_rule_id, NEW.conversion_id)
       IS DISTINCT FROM
       (OLD.house_fee_amount, OLD.network_fee_rule_id, OLD.conversion_id) THEN
      RAISE EXCEPTION 'what was proposed is sealed and cannot change'
        USING ERRCODE = 'check_violation';
    END IF;
    IF OLD.status = 'proposed' AND NEW.status = 'approved' AND EXISTS (
        SELECT 1 FROM recovery_conversion x
        WHERE x.id = NEW.conversion_id AND x.valid_until < NEW.status_since) THEN
      RAISE EXCEPTION 'the rate of this payment is stale'
        USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
  END IF;
  IF NEW.kind <> 'withdrawal' THEN
    RETURN NEW;
  END IF;
  SELECT * INTO d FROM accounts_destination WHERE id = NEW.destination_id;
  SELECT * INTO r FROM recovery_networkfeerule x
    WHERE x.asset = NEW.asset AND x.network = d.network
      AND x.period @> NEW.proposed_at;
  house := CASE r.bearer WHEN 'house' THEN r.fee_amount WHEN 'customer' THEN 0
    WHEN 'split' THEN least(r.fee_amount, r.house_cap_amount) ELSE 0 END;
  IF NEW.network_fee_rule_id IS DISTINCT FROM r.id
     OR NEW.house_fee_amount <> house
     OR NEW.fee_amount <> coalesce(r.fee_amount, 0) - house THEN
    RAISE EXCEPTION 'the fee of this payment is not what the rule in force says'
      USING ERRCODE = 'check_violation';
  END IF;
  SELECT * INTO c FROM recovery_conversion WHERE id = NEW.conversion_id;
  IF d.asset <> NEW.asset AND c.id IS NULL THEN
    RAISE EXCEPTION 'a destination of another asset needs a recorded conversion'
      USING ERRCODE = 'check_violation';
  END IF;
  IF c.id IS NOT NULL AND (
      d.network <> 'BANK' OR c.decision_id <> NEW.decision_id
      OR c.from_asset <> NEW.asset OR c.to_asset <> d.asset
      OR c.from_amount <> NEW.amount - NEW.fee_amount
      OR c.valid_until < NEW.proposed_at) THEN
    RAISE EXCEPTION 'the conversion is not one of this payment, or its rate is stale'
      USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER desk_guard_terms BEFORE INSERT OR UPDATE ON recovery_payment
  FOR EACH ROW EXECUTE FUNCTION desk_guard_payout_terms();

-- A conversion gives what its rate gives, down to the step, of an owed decision.
CREATE FUNCTION desk_guard_conversion() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.to_amount > NEW.from_amount * NEW.rate
     OR NEW.to_amount + NEW.step <= NEW.from_amount * NEW.rate
     OR NEW.to_amount % NEW.step <> 0 THEN
    RAISE EXCEPTION 'the amounts of the conversion are not what its rate gives'
      USING ERRCODE = 'check_violation';
  END IF;
  IF NOT EXISTS (SELECT 1 FROM recovery_decision x WHERE x.id = NEW.decision_id
                 AND x.kind = 'owed' AND x.status = 'approved'
                 AND x.asset = NEW.from_asset) THEN
    RAISE EXCEPTION 'a conversion is one of an approved amount that is owed'
      USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER desk_guard BEFORE INSERT ON recovery_conversion
  FOR EACH ROW EXECUTE FUNCTION desk_guard_conversion();

-- As before, and a destination of the currency a payment is converted into.
CREATE OR REPLACE FUNCTION desk_guard_destination_use() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
  -- Dropping out of a batch is always possible.
  IF NEW.kind = 'withdrawal' AND NEW.status IS DISTINCT FROM OLD.status
     AND (NEW.status IN ('in_batch', 'sent')
          OR (OLD.status = 'proposed' AND NEW.status = 'approved'))
     AND NOT EXISTS (
      SELECT 1 FROM accounts_destination d
      JOIN accounts_customer c ON c.id = d.customer_id
      JOIN recovery_recoverycase k ON k.id = NEW.case_id AND k.customer_id = c.id
      LEFT JOIN recovery_conversion x ON x.id = NEW.conversion_id
      WHERE d.id = NEW.destination_id AND d.asset = coalesce(x.to_asset, NEW.asset)
        AND d.status = 'approved' AND d.screening = 'clear'
        AND d.usable_at <= clock_timestamp()
        AND (c.cooling_until IS NULL OR c.cooling_until <= clock_timestamp())
    ) THEN
    RAISE EXCEPTION 'the destination of this payment cannot be used'
      USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;

-- A rule of fees ends, it does not change.
CREATE FUNCTION desk_guard_network_fee() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (NEW.version, NEW.asset, NEW.network, NEW.bearer, NEW.fee_amount,
      NEW.house_cap_amount, NEW.terms_reference, lower(NEW.period))
     IS DISTINCT FROM
     (OLD.version, OLD.asset, OLD.network, OLD.bearer, OLD.fee_amount,
      OLD.house_cap_amount, OLD.terms_reference, lower(OLD.period)) THEN
    RAISE EXCEPTION 'a rule is ended and another begins; it does not change'
      USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER desk_guard BEFORE UPDATE ON recovery_networkfeerule
  FOR EACH ROW EXECUTE FUNCTION desk_guard_network_fee();

CREATE TRIGGER desk_no_delete BEFORE DELETE ON recovery_networkfeerule
  FOR EACH ROW EXECUTE FUNCTION desk_refuse_change();
CREATE TRIGGER desk_no_truncate BEFORE TRUNCATE ON recovery_networkfeerule
  FOR EACH STATEMENT EXECUTE FUNCTION desk_refuse_change();
CREATE TRIGGER desk_append_only BEFORE UPDATE OR DELETE ON recovery_conversion
  FOR EACH ROW EXECUTE FUNCTION desk_refuse_change();
CREATE TRIGGER desk_no_truncate BEFORE TRUNCATE ON recovery_conversion
  FOR EACH STATEMENT EXECUTE FUNCTION desk_refuse_change();
