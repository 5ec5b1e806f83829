-- Set-off: within both sides, by a policy in force that names the customer's class, by
-- two people. What is set off counts as paid on both sides while it stands.

-- What a decision has set off, proposed or approved.
CREATE FUNCTION desk_set_off_of(of_decision bigint) RETURNS numeric
LANGUAGE sql STABLE AS $$
  SELECT coalesce(sum(s.amount), 0) FROM recovery_setoff s
    WHERE s.decision_id = $1 AND s.status IN ('proposed', 'approved')
$$;

-- As before, less what is set off.
CREATE OR REPLACE FUNCTION desk_payment_within(
  n recovery_payment, d recovery_decision
) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  owed numeric;
  taken numeric;
  on_its_way numeric;
  short numeric;
BEGIN
  IF n.kind = 'goodwill' THEN
    RETURN;
  END IF;
  SELECT coalesce(sum(p.amount), 0) INTO taken FROM recovery_payment p
    WHERE p.event_id = n.event_id AND p.asset = n.asset
      AND p.kind = n.kind AND p.status NOT IN ('cancelled', 'replaced')
      -- Posted under an earlier decision: this one's assessment has received it.
      AND NOT (p.kind = 'credit' AND p.status = 'posted'
               AND p.decision_id <> n.decision_id);
  IF n.kind = 'credit' THEN
    owed := d.amount - desk_set_off_of(d.id);
  ELSE
    SELECT coalesce(sum(p.amount), 0) INTO owed FROM recovery_payment p
      WHERE p.event_id = n.event_id AND p.asset = n.asset
        AND p.kind = 'credit' AND p.status = 'posted';
  END IF;
  -- What the active assessment shows as short has every credit of the ledger taken
  -- off already; what is still on its way must fit into it too.
  IF n.kind = 'credit' THEN
    SELECT coalesce(sum(p.amount), 0) INTO on_its_way FROM recovery_payment p
      WHERE p.event_id = n.event_id AND p.asset = n.asset AND p.kind = 'credit'
        AND p.status NOT IN ('cancelled', 'replaced', 'posted');
    SELECT coalesce(sum(s.amount), 0) + on_its_way INTO on_its_way
      FROM recovery_setoff s JOIN recovery_decision x ON x.id = s.decision_id
      JOIN recovery_recoverycase c ON c.id = x.case_id
      WHERE c.event_id = n.event_id AND x.asset = n.asset
        AND s.status IN ('proposed', 'approved');
    SELECT coalesce(max(-r.variance_amount), 0) INTO short
      FROM recovery_assessmentresult r
      JOIN recovery_event e ON e.active_assessment_id = r.assessment_id
      WHERE e.id = n.event_id AND r.asset = n.asset;
    IF on_its_way + n.amount > short THEN
      RAISE EXCEPTION 'credits of % on their way exceed the % that is short now',
        on_its_way + n.amount, short USING ERRCODE = 'check_violation';
    END IF;
  END IF;
  IF taken + n.amount > owed THEN
    RAISE EXCEPTION 'payments of % would exceed the % that may be paid',
      taken + n.amount, owed USING ERRCODE = 'check_violation';
  END IF;
END $$;

-- What the customer bears of a deficit and has neither paid nor had set off.
CREATE FUNCTION desk_collection_left(of_collection bigint, others_than bigint)
RETURNS numeric LANGUAGE sql STABLE AS $$
  SELECT coalesce((SELECT sum(h.amount) FROM recovery_deficitshare h
      WHERE h.collection_id = $1 AND h.bearer = 'customer'), 0)
    - coalesce((SELECT sum(i.amount) FROM recovery_instalment i
      WHERE i.collection_id = $1 AND i.paid_at IS NOT NULL), 0)
    - coalesce((SELECT sum(s.amount) FROM recovery_setoff s
      WHERE s.collection_id = $1 AND s.status IN ('proposed', 'approved')
        AND s.id IS DISTINCT FROM $2), 0)
$$;

CREATE FUNCTION desk_guard_set_off() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  d recovery_decision%ROWTYPE;
  c recovery_collection%ROWTYPE;
  e bigint;
  paid numeric;
  on_its_way numeric;
  short numeric;
BEGIN
  IF TG_OP = 'UPDATE' THEN
    IF (NEW.reference, NEW.policy_id, NEW.decision_id, NEW.collection_id, NEW.asset,
        NEW.amount, NEW.owed_before_amount, NEW.due_before_amount, NEW.reason,
        NEW.sealed, NEW.content_digest, NEW.proposer_id, NEW.proposed_at)
       IS DISTINCT FROM
       (OLD.reference, OLD.policy_id, OLD.decision_id, OLD.collection_id, OLD.asset,
        OLD.amount, OLD.owed_before_amount, OLD.due_before_amount, OLD.reason,
        OLD.sealed, OLD.content_digest, OLD.proposer_id, OLD.proposed_at)
       OR (OLD.approver_id IS NOT NULL AND NEW.approver_id <> OLD.approver_id) THEN
      RAISE EXCEPTION 'what was proposed is sealed and cannot change'
        USING ERRCODE = 'check_violation';
    END IF;
    IF (OLD.status, NEW.status) NOT IN (('proposed', 'approved'),
        ('proposed', 'withdrawn'), ('approved', 'reversed')) THEN
      RAISE EXCEPTION 'a set-off cannot go from % to %', OLD.status, NEW.status
        USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.status = 'approved' AND EXISTS (
        SELECT 1 FROM recovery_decision x WHERE x.proposer_id = NEW.approver_id
          AND x.id IN (NEW.decision_id, (SELECT k.decision_id
            FROM recovery_collection k WHERE k.id = NEW.collection_id))) THEN
      RAISE EXCEPTION 'who proposed one of the amounts approves no set-off of it'
        USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
  END IF;
  IF NEW.status <> 'proposed' OR NEW.approver_id IS NOT NULL
     OR NEW.content_digest <> encode(sha256(convert_to(NEW.sealed, 'UTF8')), 'hex') THEN
    RAISE EXCEPTION 'a set-off begins as proposed, sealed'
      USING ERRCODE = 'check_violation';
  END IF;
  SELECT * INTO d FROM recovery_decision WHERE id = NEW.decision_id;
  SELECT k.event_id INTO e FROM recovery_recoverycase k WHERE k.id = d.case_id;
  -- The event row is the lock under which sums for it are taken; the collection's
  -- row is the one of the other side.
  PERFORM 1 FROM recovery_event WHERE id = e FOR UPDATE;
  SELECT * INTO c FROM recovery_collection WHERE id = NEW.collection_id FOR UPDATE;
  IF NOT EXISTS (
      SELECT 1 FROM recovery_setoffpolicy p
      JOIN recovery_event v ON v.id = e
      JOIN accounts_tradingaccount a ON a.id = v.account_id
      JOIN recovery_recoverycase k ON k.id = d.case_id
      JOIN recovery_recoverycase o ON o.id = c.case_id
        AND o.customer_id = k.customer_id
      JOIN accounts_customer u ON u.id = k.customer_id
      WHERE p.id = NEW.policy_id AND p.period @> NEW.proposed_at
        AND p.venue = a.venue AND u.client_class = ANY (p.client_classes)) THEN
    RAISE EXCEPTION 'no policy in force allows this set-off'
      USING ERRCODE = 'check_violation';
  END IF;
  SELECT coalesce(sum(p.amount) FILTER (WHERE p.decision_id = d.id), 0),
      coalesce(sum(p.amount) FILTER (WHERE p.status <> 'posted'), 0)
    INTO paid, on_its_way FROM recovery_payment p
    WHERE p.event_id = e AND p.asset = NEW.asset AND p.kind = 'credit'
      AND p.status NOT IN ('cancelled', 'replaced');
  SELECT coalesce(max(-r.variance_amount), 0) INTO short
    FROM recovery_assessmentresult r
    JOIN recovery_event v ON v.active_assessment_id = r.assessment_id
    WHERE v.id = e AND r.asset = NEW.asset;
  IF d.kind <> 'owed' OR d.status <> 'approved' OR d.asset <> NEW.asset
     OR c.asset <> NEW.asset OR c.status <> 'noticed'
     OR NEW.amount > d.amount - paid - desk_set_off_of(d.id)
     OR NEW.amount > short - on_its_way - desk_set_off_of(d.id)
     OR NEW.amount > desk_collection_left(c.id, NULL)
     OR NEW.proposer_id = d.proposer_id THEN
    RAISE EXCEPTION 'a set-off stays within what is owed on both sides'
      USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER desk_guard BEFORE INSERT OR UPDATE ON recovery_setoff
  FOR EACH ROW EXECUTE FUNCTION desk_guard_set_off();

-- Neither side is taken away from under a set-off.
CREATE FUNCTION desk_guard_set_off_sides() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_TABLE_NAME = 'recovery_decision' THEN
    IF NEW.status = 'voided' AND EXISTS (SELECT 1 FROM recovery_setoff s
        WHERE s.decision_id = NEW.id AND s.status IN ('proposed', 'approved')) THEN
      RAISE EXCEPTION 'a decision with a set-off cannot be voided'
        USING ERRCODE = 'check_violation';
    END IF;
  ELSIF NEW.status IN ('taken_back', 'written_off') AND EXISTS (
      SELECT 1 FROM recovery_setoff s WHERE s.collection_id = NEW.id
        AND s.status = 'proposed') THEN
    RAISE EXCEPTION 'a set-off of this deficit is proposed'
      USING ERRCODE = 'check_violation';
  ELSIF NEW.status = 'taken_back' AND EXISTS (
      SELECT 1 FROM recovery_setoff s WHERE s.collection_id = NEW.id
        AND s.status = 'approved') THEN
    RAISE EXCEPTION 'a deficit with a set-off cannot be taken back'
      USING ERRCODE = 'check_violation';
  ELSIF NEW.status = 'settled' AND desk_collection_left(NEW.id, NULL) > 0 THEN
    RAISE EXCEPTION 'something is left to collect' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER desk_guard_set_off BEFORE UPDATE OF status ON recovery_decision
  FOR EACH ROW WHEN (OLD.status IS DISTINCT FROM NEW.status)
  EXECUTE FUNCTION desk_guard_set_off_sides();
CREATE TRIGGER desk_guard_set_off BEFORE UPDATE OF status ON recovery_collection
  FOR EACH ROW WHEN (OLD.status IS DISTINCT FROM NEW.status)
  EXECUTE FUNCTION desk_guard_set_off_sides();

-- As before; whether all is paid is asked by desk_guard_set_off_sides, set-offs too.
CREATE OR REPLACE FUNCTION desk_guard_collection() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    IF NEW.status <> desk_collection_first_status() OR NEW.version <> 1 THEN
      RAISE EXCEPTION 'a collection begins as due' USING ERRCODE = 'check_violation';
    END IF;
    IF NOT EXISTS (SELECT 1 FROM recovery_decision d
        WHERE d.id = NEW.decision_id AND d.status = 'approved' AND d.kind = 'deficit'
          AND d.case_id = NEW.case_id AND d.asset = NEW.asset
          AND d.amount = NEW.deficit_amount) THEN
      RAISE EXCEPTION 'a collection rests on an approved deficit of its case'
        USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
  END IF;
  IF (NEW.reference, NEW.case_id, NEW.decision_id, NEW.asset, NEW.deficit_amount)
     IS DISTINCT FROM
     (OLD.reference, OLD.case_id, OLD.decision_id, OLD.asset, OLD.deficit_amount) THEN
    RAISE EXCEPTION 'what was decided stays as it is' USING ERRCODE = 'check_violation';
  END IF;
  IF NEW.status = OLD.status THEN
    IF NEW.version <> OLD.version THEN
      RAISE EXCEPTION 'a collection changes with a step only'
        USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
  END IF;
  IF NEW.version <> OLD.version + 1
     OR NOT desk_collection_step_known(OLD.status, NEW.status) THEN
    RAISE EXCEPTION 'a collection cannot go from % to %', OLD.status, NEW.status
      USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;

CREATE FUNCTION desk_guard_set_off_policy() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (NEW.version, NEW.venue, NEW.client_classes, NEW.terms_reference,
      lower(NEW.period))
     IS DISTINCT FROM
     (OLD.version, OLD.venue, OLD.client_classes, OLD.terms_reference,
      lower(OLD.period)) THEN
    RAISE EXCEPTION 'a policy is ended and another begins; it does not change'
      USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER desk_guard BEFORE UPDATE ON recovery_setoffpolicy
  FOR EACH ROW EXECUTE FUNCTION desk_guard_set_off_policy();

DO $$
DECLARE t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['setoff', 'setoffpolicy'] LOOP
    EXECUTE format('CREATE TRIGGER desk_no_delete BEFORE DELETE
      ON recovery_%s FOR EACH ROW EXECUTE FUNCTION desk_refuse_change()', t);
    EXECUTE format('CREATE TRIGGER desk_no_truncate BEFORE TRUNCATE
      ON recovery_%s FOR EACH STATEMENT EXECUTE FUNCTION desk_refuse_change()', t);
  END LOOP;
END $$;
