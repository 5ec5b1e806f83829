-- Guards of the money tables, once more: steps and first statuses come from the
-- functions of the lifecycle file, every step has its own transition, and sums hold
-- against the assessment that is active now.


CREATE OR REPLACE FUNCTION desk_guard_case() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    IF NEW.status <> desk_case_first_status() OR NEW.version <> 1 THEN
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
  IF NEW.version < OLD.version
     OR (NEW.status <> OLD.status AND NEW.version <> OLD.version + 1) THEN
    RAISE EXCEPTION 'a step makes the next version of a case'
      USING ERRCODE = 'check_violation';
  END IF;
  IF NEW.status <> OLD.status AND NEW.status = 'merged' AND (
      NEW.merged_into_id = NEW.id
      OR EXISTS (SELECT 1 FROM recovery_payment p WHERE p.case_id = NEW.id
                 AND p.status NOT IN ('cancelled', 'replaced', 'posted', 'confirmed'))
      OR EXISTS (SELECT 1 FROM recovery_decision d
                 WHERE d.case_id = NEW.id AND d.status = 'proposed')
      OR NOT EXISTS (SELECT 1 FROM recovery_recoverycase c
                     WHERE c.id = NEW.merged_into_id AND c.status <> 'merged'
                     AND (c.customer_id IS NULL OR NEW.customer_id IS NULL
                          OR c.customer_id = NEW.customer_id))
    ) THEN
    RAISE EXCEPTION 'a case is merged into another case of the same customer only'
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

CREATE OR REPLACE FUNCTION desk_guard_decision() RETURNS trigger LANGUAGE plpgsql AS $$
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
               AND p.status NOT IN ('cancelled', 'replaced')) THEN
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

CREATE OR REPLACE FUNCTION desk_guard_payment() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  d recovery_decision%ROWTYPE;
  owed numeric;
  taken numeric;
  on_its_way numeric;
  short numeric;
BEGIN
  IF TG_OP = 'INSERT' THEN
    IF NEW.status <> desk_payment_first_status() OR NEW.approver_id IS NOT NULL
       OR NEW.batch_id IS NOT NULL OR NEW.version <> 1 THEN
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
    -- Three heads at least: proposer of the amount, maker, checker.
    IF NEW.proposer_id = d.proposer_id THEN
      RAISE EXCEPTION 'who proposed the amount does not make the payment'
        USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.replaces_id IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM recovery_payment o WHERE o.id = NEW.replaces_id
          AND o.case_id = NEW.case_id AND o.kind = NEW.kind AND o.asset = NEW.asset
          AND o.amount = NEW.amount AND o.status = 'replaced') THEN
      RAISE EXCEPTION 'a payment replaces one that came back, in full'
        USING ERRCODE = 'check_violation';
    END IF;
    SELECT coalesce(sum(p.amount), 0) INTO taken FROM recovery_payment p
      WHERE p.event_id = NEW.event_id AND p.asset = NEW.asset
        AND p.kind = NEW.kind AND p.status NOT IN ('cancelled', 'replaced')
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
    -- What the active assessment shows as short has every credit of the ledger taken
    -- off already; what is still on its way must fit into it too.
    IF NEW.kind = 'credit' THEN
      SELECT coalesce(sum(p.amount), 0) INTO on_its_way FROM recovery_payment p
        WHERE p.event_id = NEW.event_id AND p.asset = NEW.asset AND p.kind = 'credit'
          AND p.status NOT IN ('cancelled', 'replaced', 'posted');
      SELECT coalesce(max(-r.variance_amount), 0) INTO short
        FROM recovery_assessmentresult r
        JOIN recovery_event e ON e.active_assessment_id = r.assessment_id
        WHERE e.id = NEW.event_id AND r.asset = NEW.asset;
      IF on_its_way + NEW.amount > short THEN
        RAISE EXCEPTION 'credits of % on their way exceed the % that is short now',
          on_its_way + NEW.amount, short USING ERRCODE = 'check_violation';
      END IF;
    END IF;
    IF taken + NEW.amount > owed THEN
      RAISE EXCEPTION 'payments of % would exceed the % that may be paid',
        taken + NEW.amount, owed USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
  END IF;
  IF (NEW.reference, NEW.uuid, NEW.case_id, NEW.decision_id, NEW.event_id, NEW.kind,
      NEW.asset, NEW.amount, NEW.destination_id, NEW.hold_reference, NEW.sealed,
      NEW.content_digest, NEW.proposer_id, NEW.proposed_at, NEW.approvals_needed,
      NEW.value_amount, NEW.value_currency, NEW.replaces_id)
     IS DISTINCT FROM
     (OLD.reference, OLD.uuid, OLD.case_id, OLD.decision_id, OLD.event_id, OLD.kind,
      OLD.asset, OLD.amount, OLD.destination_id, OLD.hold_reference, OLD.sealed,
      OLD.content_digest, OLD.proposer_id, OLD.proposed_at, OLD.approvals_needed,
      OLD.value_amount, OLD.value_currency, OLD.replaces_id) THEN
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
    IF NEW.version <> OLD.version OR NEW.held_from <> OLD.held_from THEN
      RAISE EXCEPTION 'a payment changes with a step only'
        USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
  END IF;
  IF NEW.version <> OLD.version + 1 THEN
    RAISE EXCEPTION 'a step makes the next version of a payment'
      USING ERRCODE = 'check_violation';
  END IF;
  IF (NEW.status = 'held' AND NEW.held_from <> OLD.status)
     OR (OLD.status = 'held' AND NEW.status NOT IN (OLD.held_from, 'cancelled')) THEN
    RAISE EXCEPTION 'a held payment goes back to where it was held'
      USING ERRCODE = 'check_violation';
  END IF;
  IF NOT desk_payment_step_known(OLD.status, NEW.status)
     OR (NEW.status = 'posted' AND NEW.kind <> 'credit')
     OR (NEW.status = 'confirmed' AND NEW.kind <> 'withdrawal') THEN
    RAISE EXCEPTION 'a % cannot go from % to %', NEW.kind, OLD.status, NEW.status
      USING ERRCODE = 'check_violation';
  END IF;
  IF OLD.status = 'proposed' AND NEW.status = 'approved' AND (
      NEW.approvals_needed > (
        SELECT count(DISTINCT a.approver_id) FROM recovery_approval a
        WHERE a.payment_id = NEW.id AND a.content_digest = NEW.content_digest
          AND a.proposer_id = NEW.proposer_id AND a.approver_id <> NEW.proposer_id)
      OR NOT EXISTS (
        SELECT 1 FROM recovery_approval a
        WHERE a.payment_id = NEW.id AND a.content_digest = NEW.content_digest
          AND a.approver_id = NEW.approver_id)
    ) THEN
    RAISE EXCEPTION 'a payment is approved only by a second person''s approval'
      USING ERRCODE = 'check_violation';
  END IF;
  IF NEW.status = 'sent' AND NOT EXISTS (
      SELECT 1 FROM recovery_payoutbatch b
      WHERE b.id = NEW.batch_id AND b.released_by_id IS NOT NULL
        AND b.released_by_id <> NEW.proposer_id
        AND NOT EXISTS (SELECT 1 FROM recovery_approval a
                        WHERE a.payment_id = NEW.id
                          AND a.approver_id = b.released_by_id)
    ) THEN
    RAISE EXCEPTION 'a payment is sent only in a batch that somebody else released'
      USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;

CREATE OR REPLACE FUNCTION desk_guard_batch() RETURNS trigger LANGUAGE plpgsql AS $$
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
      LEFT JOIN recovery_approval a ON a.payment_id = p.id
      WHERE p.batch_id = NEW.id
        AND NEW.released_by_id IN (p.proposer_id, a.approver_id)
    ) THEN
    RAISE EXCEPTION 'who made or checked a payment may not release its batch'
      USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;


-- A deficit is recorded once, moves by known steps, and is written off by two.
CREATE FUNCTION desk_guard_collection() RETURNS trigger LANGUAGE plpgsql AS $$
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
  IF NEW.status = 'settled' AND EXISTS (
      SELECT 1 FROM recovery_instalment i WHERE i.collection_id = NEW.id
        AND i.paid_at IS NULL
        AND i.round = (SELECT max(x.round) FROM recovery_instalment x
                       WHERE x.collection_id = NEW.id)) THEN
    RAISE EXCEPTION 'an instalment of the collection is not paid'
      USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER desk_guard BEFORE INSERT OR UPDATE ON recovery_collection
  FOR EACH ROW EXECUTE FUNCTION desk_guard_collection();

-- Every change of status has its transition, every transition its change -----------
CREATE FUNCTION desk_guard_transition() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (NEW.payment_id IS NOT NULL
      AND NOT desk_payment_action_known(NEW.from_status, NEW.action, NEW.to_status))
     OR (NEW.collection_id IS NOT NULL AND NOT desk_collection_action_known(
           NEW.from_status, NEW.action, NEW.to_status))
     OR (NEW.payment_id IS NULL AND NEW.collection_id IS NULL
         AND NOT desk_case_action_known(NEW.from_status, NEW.action, NEW.to_status)) THEN
    RAISE EXCEPTION 'the lifecycle knows no step % from % to %', NEW.action,
      NEW.from_status, NEW.to_status USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER desk_guard BEFORE INSERT ON recovery_transition
  FOR EACH ROW EXECUTE FUNCTION desk_guard_transition();

-- Asked at commit: a row written ahead of its change, or for none, does not stay.
CREATE FUNCTION desk_transition_taken() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  at_version integer;
  at_status text;
BEGIN
  IF NEW.payment_id IS NOT NULL THEN
    SELECT version, status INTO at_version, at_status
      FROM recovery_payment WHERE id = NEW.payment_id AND case_id = NEW.case_id;
  ELSIF NEW.collection_id IS NOT NULL THEN
    SELECT version, status INTO at_version, at_status
      FROM recovery_collection WHERE id = NEW.collection_id AND case_id = NEW.case_id;
  ELSE
    SELECT version, status INTO at_version, at_status
      FROM recovery_recoverycase WHERE id = NEW.case_id;
  END IF;
  IF at_version IS NULL OR at_version < NEW.version
     OR (at_version = NEW.version AND at_status <> NEW.to_status) THEN
    RAISE EXCEPTION 'the step % to % was recorded but not taken', NEW.from_status,
      NEW.to_status USING ERRCODE = 'check_violation';
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER desk_transition_taken AFTER INSERT ON recovery_transition
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
  EXECUTE FUNCTION desk_transition_taken();

CREATE OR REPLACE FUNCTION desk_transition_recorded() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
  is_there boolean;
BEGIN
  IF TG_TABLE_NAME = 'recovery_recoverycase' THEN
    SELECT EXISTS (SELECT 1 FROM recovery_transition t
      WHERE t.case_id = NEW.id AND t.payment_id IS NULL AND t.collection_id IS NULL
        AND t.version = NEW.version
        AND t.from_status = OLD.status AND t.to_status = NEW.status) INTO is_there;
  ELSIF TG_TABLE_NAME = 'recovery_payment' THEN
    SELECT EXISTS (SELECT 1 FROM recovery_transition t
      WHERE t.payment_id = NEW.id AND t.version = NEW.version
        AND t.from_status = OLD.status AND t.to_status = NEW.status) INTO is_there;
  ELSE
    SELECT EXISTS (SELECT 1 FROM recovery_transition t
      WHERE t.collection_id = NEW.id AND t.version = NEW.version
        AND t.from_status = OLD.status AND t.to_status = NEW.status) INTO is_there;
  END IF;
  IF NOT is_there THEN
    RAISE EXCEPTION '%: % to % was not recorded', NEW.reference, OLD.status,
      NEW.status USING ERRCODE = 'check_violation';
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER desk_transition_recorded
  AFTER UPDATE OF status ON recovery_collection DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW WHEN (OLD.status IS DISTINCT FROM NEW.status)
  EXECUTE FUNCTION desk_transition_recorded();

-- A decision is confirmed on equal figures of its own event, by a second person ------
CREATE FUNCTION desk_guard_reconfirmation() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (
      SELECT 1 FROM recovery_decision d
      JOIN recovery_assessmentresult was ON was.id = d.result_id
      JOIN recovery_assessmentresult fresh ON fresh.id = NEW.result_id
      JOIN recovery_assessment a ON a.id = fresh.assessment_id
      JOIN recovery_recoverycase c ON c.id = d.case_id AND c.event_id = a.event_id
      WHERE d.id = NEW.decision_id AND d.status = 'approved'
        AND d.proposer_id <> NEW.approver_id AND a.digest = NEW.receipt_digest
        AND (was.asset, was.variance_amount, was.deficit_amount, was.reason)
          = (fresh.asset, fresh.variance_amount, fresh.deficit_amount,
             fresh.reason)) THEN
    RAISE EXCEPTION 'a decision is confirmed on equal figures by a second person'
      USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER desk_guard BEFORE INSERT ON recovery_reconfirmation
  FOR EACH ROW EXECUTE FUNCTION desk_guard_reconfirmation();

-- Tables that only grow, and rows that are never deleted ---------------------------
DO $$
DECLARE t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['assetprice', 'deficitshare', 'reconfirmation'] LOOP
    EXECUTE format('CREATE TRIGGER desk_append_only BEFORE UPDATE OR DELETE
      ON recovery_%s FOR EACH ROW EXECUTE FUNCTION desk_refuse_change()', t);
    EXECUTE format('CREATE TRIGGER desk_no_truncate BEFORE TRUNCATE
      ON recovery_%s FOR EACH STATEMENT EXECUTE FUNCTION desk_refuse_change()', t);
  END LOOP;
  FOREACH t IN ARRAY ARRAY['collection', 'instalment', 'spendcounter',
                           'approvalpolicy', 'adjustment'] LOOP
    EXECUTE format('CREATE TRIGGER desk_no_delete BEFORE DELETE
      ON recovery_%s FOR EACH ROW EXECUTE FUNCTION desk_refuse_change()', t);
    EXECUTE format('CREATE TRIGGER desk_no_truncate BEFORE TRUNCATE
      ON recovery_%s FOR EACH STATEMENT EXECUTE FUNCTION desk_refuse_change()', t);
  END LOOP;
END $$;

-- A counter never goes back: what was cancelled still counts (splitting).
CREATE FUNCTION desk_guard_counter() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.total_amount < OLD.total_amount OR (NEW.scope, NEW.period, NEW.currency)
     IS DISTINCT FROM (OLD.scope, OLD.period, OLD.currency) THEN
    RAISE EXCEPTION 'a counter only grows' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER desk_guard BEFORE UPDATE ON recovery_spendcounter
  FOR EACH ROW EXECUTE FUNCTION desk_guard_counter();
