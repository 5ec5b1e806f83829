-- Guards of the money tables. Each repeats a rule that the services keep, for the
-- day a service is bypassed. Functions are named desk_*; a later change of a guard
-- is a new migration that replaces the function.

-- 1. Tables that only grow -----------------------------------------------------
CREATE FUNCTION desk_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'rows of % are written once: % refused', TG_TABLE_NAME, TG_OP
    USING ERRCODE = 'restrict_violation';
END $$;

DO $$
DECLARE t text;
BEGIN
  FOREACH t IN ARRAY ARRAY[
    'auditentry', 'transition', 'assessment', 'assessmentresult', 'assessmentline',
    'approval', 'ledgerentry', 'engineentry', 'markpriceentry', 'fundingrateentry',
    'rejectedrecord', 'casenote'
  ] LOOP
    EXECUTE format('CREATE TRIGGER desk_append_only BEFORE UPDATE OR DELETE
      ON recovery_%s FOR EACH ROW EXECUTE FUNCTION desk_refuse_change()', t);
    EXECUTE format('CREATE TRIGGER desk_no_truncate BEFORE TRUNCATE
      ON recovery_%s FOR EACH STATEMENT EXECUTE FUNCTION desk_refuse_change()', t);
  END LOOP;
  FOREACH t IN ARRAY ARRAY['recoverycase', 'decision', 'payment', 'payoutbatch'] LOOP
    EXECUTE format('CREATE TRIGGER desk_no_delete BEFORE DELETE
      ON recovery_%s FOR EACH ROW EXECUTE FUNCTION desk_refuse_change()', t);
    EXECUTE format('CREATE TRIGGER desk_no_truncate BEFORE TRUNCATE
      ON recovery_%s FOR EACH STATEMENT EXECUTE FUNCTION desk_refuse_change()', t);
  END LOOP;
END $$;

-- 2. Lifecycle steps, from recovery.domain.lifecycle (a test holds both equal) ---
CREATE FUNCTION desk_case_step_known(from_status text, to_status text) RETURNS boolean
LANGUAGE sql IMMUTABLE AS $$
  SELECT ($1, $2) IN (
    ('awaiting_customer', 'investigating'),
    ('awaiting_customer', 'withdrawn'),
    ('closed', 'investigating'),
    ('deficit', 'closed'),
    ('deficit', 'investigating'),
    ('investigating', 'awaiting_customer'),
    ('investigating', 'proposed'),
    ('investigating', 'withdrawn'),
    ('new', 'awaiting_customer'),
    ('new', 'investigating'),
    ('new', 'withdrawn'),
    ('not_owed', 'closed'),
    ('not_owed', 'investigating'),
    ('owed', 'closed'),
    ('owed', 'investigating'),
    ('proposed', 'deficit'),
    ('proposed', 'investigating'),
    ('proposed', 'not_owed'),
    ('proposed', 'owed'),
    ('withdrawn', 'investigating')
  )
$$;

CREATE FUNCTION desk_payment_step_known(from_status text, to_status text) RETURNS boolean
LANGUAGE sql IMMUTABLE AS $$
  SELECT ($1, $2) IN (
    ('approved', 'cancelled'),
    ('approved', 'held'),
    ('approved', 'in_batch'),
    ('held', 'approved'),
    ('held', 'cancelled'),
    ('in_batch', 'approved'),
    ('in_batch', 'sent'),
    ('proposed', 'approved'),
    ('proposed', 'cancelled'),
    ('sent', 'confirmed'),
    ('sent', 'posted'),
    ('sent', 'returned'),
    ('sent', 'uncertain'),
    ('uncertain', 'confirmed'),
    ('uncertain', 'posted'),
    ('uncertain', 'returned')
  )
$$;

CREATE FUNCTION desk_guard_case() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    IF NEW.status <> 'new' THEN
      RAISE EXCEPTION 'a case begins as new, not %', NEW.status
        USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
  END IF;
  IF NEW.status <> OLD.status
     AND NOT desk_case_step_known(OLD.status, NEW.status) THEN
    RAISE EXCEPTION 'a case cannot go from % to %', OLD.status, NEW.status
      USING ERRCODE = 'check_violation';
  END IF;
  IF NEW.reference <> OLD.reference OR NEW.uuid <> OLD.uuid
     OR (OLD.event_id IS NOT NULL AND NEW.event_id IS DISTINCT FROM OLD.event_id)
     OR (OLD.customer_id IS NOT NULL
         AND NEW.customer_id IS DISTINCT FROM OLD.customer_id) THEN
    RAISE EXCEPTION 'reference, event and customer of a case stay as they are'
      USING ERRCODE = 'check_violation';
  END IF;
  IF NEW.status IN ('owed', 'not_owed', 'deficit') AND NEW.status <> OLD.status
     AND NOT EXISTS (
       SELECT 1 FROM recovery_decision d
       WHERE d.case_id = NEW.id AND d.status = 'approved' AND d.kind = NEW.status
     ) THEN
    RAISE EXCEPTION 'a case is % only with an approved decision', NEW.status
      USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER desk_guard BEFORE INSERT OR UPDATE ON recovery_recoverycase
  FOR EACH ROW EXECUTE FUNCTION desk_guard_case();

-- 3. Decisions: sealed, within what is owed, approved by a second person ---------
CREATE FUNCTION desk_guard_decision() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  r recovery_assessmentresult%ROWTYPE;
BEGIN
  IF TG_OP = 'INSERT' THEN
    IF NEW.status <> 'proposed' OR NEW.approver_id IS NOT NULL THEN
      RAISE EXCEPTION 'a decision begins as proposed'
        USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.content_digest <> encode(sha256(convert_to(NEW.sealed, 'UTF8')), 'hex') THEN
      RAISE EXCEPTION 'the seal of the decision does not match its content'
        USING ERRCODE = 'check_violation';
    END IF;
    SELECT * INTO r FROM recovery_assessmentresult WHERE id = NEW.result_id;
    IF r.asset <> NEW.asset
       OR NOT EXISTS (
         SELECT 1 FROM recovery_recoverycase c
         JOIN recovery_event e ON e.id = c.event_id
         WHERE c.id = NEW.case_id AND e.active_assessment_id = r.assessment_id
       ) THEN
      RAISE EXCEPTION 'a decision rests on the active assessment of its own event'
        USING ERRCODE = 'check_violation';
    END IF;
    IF (NEW.kind = 'owed' AND (NEW.amount <= 0 OR NEW.amount > -r.variance_amount))
       OR (NEW.kind = 'not_owed' AND NEW.amount <> 0)
       OR (NEW.kind = 'deficit' AND NEW.amount <> r.deficit_amount) THEN
      RAISE EXCEPTION 'the amount of the decision is not what the assessment allows'
        USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
  END IF;
  IF (NEW.case_id, NEW.kind, NEW.result_id, NEW.asset, NEW.amount, NEW.reason,
      NEW.sealed, NEW.content_digest, NEW.proposer_id, NEW.proposed_at)
     IS DISTINCT FROM
     (OLD.case_id, OLD.kind, OLD.result_id, OLD.asset, OLD.amount, OLD.reason,
      OLD.sealed, OLD.content_digest, OLD.proposer_id, OLD.proposed_at) THEN
    RAISE EXCEPTION 'what was proposed is sealed and cannot change'
      USING ERRCODE = 'check_violation';
  END IF;
  IF NEW.status = OLD.status THEN
    IF NEW.approver_id IS DISTINCT FROM OLD.approver_id THEN
      RAISE EXCEPTION 'the approver comes with the approval only'
        USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
  END IF;
  IF OLD.status = 'proposed' AND NEW.status IN ('returned', 'voided') THEN
    RETURN NEW;
  END IF;
  IF OLD.status = 'approved' AND NEW.status = 'voided' THEN
    IF EXISTS (SELECT 1 FROM recovery_payment p WHERE p.decision_id = NEW.id
               AND p.status NOT IN ('cancelled', 'returned')) THEN
      RAISE EXCEPTION 'a decision with live payments cannot be voided'
        USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
  END IF;
  IF OLD.status = 'proposed' AND NEW.status = 'approved' THEN
    IF NOT EXISTS (
      SELECT 1 FROM recovery_approval a
      WHERE a.decision_id = NEW.id AND a.content_digest = NEW.content_digest
        AND a.proposer_id = NEW.proposer_id AND a.approver_id = NEW.approver_id
        AND a.approver_id <> NEW.proposer_id
    ) THEN
      RAISE EXCEPTION 'a decision is approved only by a second person''s approval'
        USING ERRCODE = 'check_violation';
    END IF;
    IF NOT EXISTS (
      SELECT 1 FROM recovery_assessmentresult res
      JOIN recovery_event e ON e.active_assessment_id = res.assessment_id
      WHERE res.id = NEW.result_id
    ) THEN
      RAISE EXCEPTION 'the assessment under the decision is not the active one'
        USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
  END IF;
  RAISE EXCEPTION 'a decision cannot go from % to %', OLD.status, NEW.status
    USING ERRCODE = 'check_violation';
END $$;
CREATE TRIGGER desk_guard BEFORE INSERT OR UPDATE ON recovery_decision
  FOR EACH ROW EXECUTE FUNCTION desk_guard_decision();

-- 4. Payments: never more than owed, sealed, never back in time ------------------
CREATE FUNCTION desk_guard_payment() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  d recovery_decision%ROWTYPE;
  owed numeric;
  taken numeric;
BEGIN
  IF TG_OP = 'INSERT' THEN
    IF NEW.status <> 'proposed' OR NEW.approver_id IS NOT NULL
       OR NEW.batch_id IS NOT NULL THEN
      RAISE EXCEPTION 'a payment begins as proposed'
        USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.content_digest <> encode(sha256(convert_to(NEW.sealed, 'UTF8')), 'hex') THEN
      RAISE EXCEPTION 'the seal of the payment does not match its content'
        USING ERRCODE = 'check_violation';
    END IF;
    -- The event row is the lock under which sums for it are taken.
    PERFORM 1 FROM recovery_event WHERE id = NEW.event_id FOR UPDATE;
    SELECT * INTO d FROM recovery_decision WHERE id = NEW.decision_id;
    IF d.status <> 'approved' OR d.kind <> 'owed' OR d.asset <> NEW.asset
       OR d.case_id <> NEW.case_id
       OR NOT EXISTS (SELECT 1 FROM recovery_recoverycase c
                      WHERE c.id = NEW.case_id AND c.event_id = NEW.event_id) THEN
      RAISE EXCEPTION 'a payment rests on an approved decision of its own case'
        USING ERRCODE = 'check_violation';
    END IF;
    SELECT coalesce(sum(p.amount), 0) INTO taken FROM recovery_payment p
      WHERE p.event_id = NEW.event_id AND p.asset = NEW.asset
        AND p.kind = NEW.kind AND p.status NOT IN ('cancelled', 'returned')
        -- Posted under an earlier decision: this one's assessment has received it.
        AND NOT (p.kind = 'credit' AND p.status = 'posted'
                 AND p.decision_id <> NEW.decision_id);
    IF NEW.kind = 'credit' THEN
      owed := d.amount;
    ELSE
      SELECT coalesce(sum(p.amount), 0) INTO owed FROM recovery_payment p
        WHERE p.event_id = NEW.event_id AND p.asset = NEW.asset
          AND p.kind = 'credit' AND p.status = 'posted';
    END IF;
    IF taken + NEW.amount > owed THEN
      RAISE EXCEPTION 'payments of % would exceed the % that may be paid',
        taken + NEW.amount, owed USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
  END IF;
  IF (NEW.reference, NEW.uuid, NEW.case_id, NEW.decision_id, NEW.event_id, NEW.kind,
      NEW.asset, NEW.amount, NEW.destination_id, NEW.hold_reference, NEW.sealed,
      NEW.content_digest, NEW.proposer_id, NEW.proposed_at)
     IS DISTINCT FROM
     (OLD.reference, OLD.uuid, OLD.case_id, OLD.decision_id, OLD.event_id, OLD.kind,
      OLD.asset, OLD.amount, OLD.destination_id, OLD.hold_reference, OLD.sealed,
      OLD.content_digest, OLD.proposer_id, OLD.proposed_at) THEN
    RAISE EXCEPTION 'what was proposed is sealed and cannot change'
      USING ERRCODE = 'check_violation';
  END IF;
  IF NEW.approver_id IS DISTINCT FROM OLD.approver_id
     AND NOT (OLD.status = 'proposed' AND NEW.status = 'approved') THEN
    RAISE EXCEPTION 'the approver comes with the approval only'
      USING ERRCODE = 'check_violation';
  END IF;
  IF NEW.fee_amount <> OLD.fee_amount THEN
    RAISE EXCEPTION 'the fee of a payment is sealed with it'
      USING ERRCODE = 'check_violation';
  END IF;
  -- A payment changes its batch by joining or leaving one, and joins open ones only.
  IF NEW.batch_id IS DISTINCT FROM OLD.batch_id AND NOT (
      (OLD.status = 'approved' AND NEW.status = 'in_batch')
      OR (OLD.status = 'in_batch' AND NEW.status = 'approved')
    ) THEN
    RAISE EXCEPTION 'a payment changes its batch by joining or leaving one only'
      USING ERRCODE = 'check_violation';
  END IF;
  IF NEW.status = 'in_batch' AND OLD.status <> 'in_batch' AND EXISTS (
      SELECT 1 FROM recovery_payoutbatch b
      WHERE b.id = NEW.batch_id AND b.released_by_id IS NOT NULL
    ) THEN
    RAISE EXCEPTION 'a released batch takes no more payments'
      USING ERRCODE = 'check_violation';
  END IF;
  IF NEW.status = OLD.status THEN
    RETURN NEW;
  END IF;
  IF NOT desk_payment_step_known(OLD.status, NEW.status)
     OR (NEW.status = 'posted' AND NEW.kind <> 'credit')
     OR (NEW.status = 'confirmed' AND NEW.kind <> 'withdrawal') THEN
    RAISE EXCEPTION 'a % cannot go from % to %', NEW.kind, OLD.status, NEW.status
      USING ERRCODE = 'check_violation';
  END IF;
  IF OLD.status = 'proposed' AND NEW.status = 'approved' AND NOT EXISTS (
      SELECT 1 FROM recovery_approval a
      WHERE a.payment_id = NEW.id AND a.content_digest = NEW.content_digest
        AND a.proposer_id = NEW.proposer_id AND a.approver_id = NEW.approver_id
        AND a.approver_id <> NEW.proposer_id
    ) THEN
    RAISE EXCEPTION 'a payment is approved only by a second person''s approval'
      USING ERRCODE = 'check_violation';
  END IF;
  IF NEW.status = 'sent' AND NOT EXISTS (
      SELECT 1 FROM recovery_payoutbatch b
      WHERE b.id = NEW.batch_id AND b.released_by_id IS NOT NULL
        AND b.released_by_id <> NEW.proposer_id
    ) THEN
    RAISE EXCEPTION 'a payment is sent only in a batch that somebody else released'
      USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER desk_guard BEFORE INSERT OR UPDATE ON recovery_payment
  FOR EACH ROW EXECUTE FUNCTION desk_guard_payment();

-- 5. Approvals name the true proposer and the content that stands now ------------
CREATE FUNCTION desk_guard_approval() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.decision_id IS NOT NULL AND NOT EXISTS (
      SELECT 1 FROM recovery_decision d
      WHERE d.id = NEW.decision_id AND d.status = 'proposed'
        AND d.proposer_id = NEW.proposer_id
        AND d.content_digest = NEW.content_digest AND d.sealed = NEW.content
    ) THEN
    RAISE EXCEPTION 'the approval does not match the proposed decision'
      USING ERRCODE = 'check_violation';
  END IF;
  -- Who proposed the amount may not check the payment of it either.
  IF NEW.payment_id IS NOT NULL AND NOT EXISTS (
      SELECT 1 FROM recovery_payment p
      JOIN recovery_decision d ON d.id = p.decision_id
      WHERE p.id = NEW.payment_id AND p.status = 'proposed'
        AND p.proposer_id = NEW.proposer_id AND d.proposer_id <> NEW.approver_id
        AND p.content_digest = NEW.content_digest AND p.sealed = NEW.content
    ) THEN
    RAISE EXCEPTION 'the approval does not match the proposed payment'
      USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER desk_guard BEFORE INSERT ON recovery_approval
  FOR EACH ROW EXECUTE FUNCTION desk_guard_approval();

-- 6. Batches: released once, by somebody who proposed nothing in them -------------
CREATE FUNCTION desk_guard_batch() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    IF NEW.released_by_id IS NOT NULL THEN
      RAISE EXCEPTION 'a batch is built before it is released'
        USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
  END IF;
  IF OLD.released_by_id IS NOT NULL
     AND (NEW.released_by_id, NEW.released_at, NEW.lines, NEW.totals, NEW.hash_total,
          NEW.file_sha256)
         IS DISTINCT FROM
         (OLD.released_by_id, OLD.released_at, OLD.lines, OLD.totals, OLD.hash_total,
          OLD.file_sha256) THEN
    RAISE EXCEPTION 'a released batch stays as it is' USING ERRCODE = 'check_violation';
  END IF;
  IF NEW.built_by_id <> OLD.built_by_id OR NEW.kind <> OLD.kind
     OR NEW.reference <> OLD.reference THEN
    RAISE EXCEPTION 'what was built stays as it is' USING ERRCODE = 'check_violation';
  END IF;
  IF OLD.released_by_id IS NULL AND NEW.released_by_id IS NOT NULL AND EXISTS (
      SELECT 1 FROM recovery_payment p
      WHERE p.batch_id = NEW.id AND p.proposer_id = NEW.released_by_id
    ) THEN
    RAISE EXCEPTION 'who proposed a payment may not release its batch'
      USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER desk_guard BEFORE INSERT OR UPDATE ON recovery_payoutbatch
  FOR EACH ROW EXECUTE FUNCTION desk_guard_batch();

-- 7. No change of status without its transition ----------------------------------
CREATE FUNCTION desk_transition_recorded() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_TABLE_NAME = 'recovery_recoverycase' THEN
    IF NOT EXISTS (SELECT 1 FROM recovery_transition t
        WHERE t.case_id = NEW.id AND t.payment_id IS NULL
          AND t.from_status = OLD.status AND t.to_status = NEW.status) THEN
      RAISE EXCEPTION 'case %: % to % was not recorded', NEW.reference, OLD.status,
        NEW.status USING ERRCODE = 'check_violation';
    END IF;
  ELSIF NOT EXISTS (SELECT 1 FROM recovery_transition t
      WHERE t.payment_id = NEW.id
        AND t.from_status = OLD.status AND t.to_status = NEW.status) THEN
    RAISE EXCEPTION 'payment %: % to % was not recorded', NEW.reference, OLD.status,
      NEW.status USING ERRCODE = 'check_violation';
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER desk_transition_recorded
  AFTER UPDATE OF status ON recovery_recoverycase DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW WHEN (OLD.status IS DISTINCT FROM NEW.status)
  EXECUTE FUNCTION desk_transition_recorded();
CREATE CONSTRAINT TRIGGER desk_transition_recorded
  AFTER UPDATE OF status ON recovery_payment DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW WHEN (OLD.status IS DISTINCT FROM NEW.status)
  EXECUTE FUNCTION desk_transition_recorded();
