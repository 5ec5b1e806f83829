-- Money by other ways: goodwill beside what is owed. The guard of payments is replaced
-- once, with its sums in a function of their own.

-- What may be paid for an event and asset; the event's row is locked by the caller.
-- Goodwill is counted in none of these sums: it has a budget of its own.
CREATE FUNCTION desk_payment_within(n recovery_payment, d recovery_decision)
RETURNS void LANGUAGE plpgsql AS $$
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
    owed := d.amount;
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

CREATE OR REPLACE FUNCTION desk_guard_payment() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  d recovery_decision%ROWTYPE;
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
    -- Goodwill rests on a decision of any kind: it is given beside what is owed.
    IF d.status <> 'approved' OR (d.kind <> 'owed' AND NEW.kind <> 'goodwill')
       OR d.asset <> NEW.asset
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
    PERFORM desk_payment_within(NEW, d);
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
     OR (NEW.status = 'posted' AND NEW.kind NOT IN ('credit', 'goodwill'))
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

-- Goodwill: within the budget of its month, under the budget's row lock.
CREATE FUNCTION desk_guard_goodwill() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  b recovery_goodwillbudget%ROWTYPE;
  given numeric;
  to_customer numeric;
BEGIN
  IF TG_OP = 'UPDATE' THEN
    IF (NEW.goodwill_budget_id, NEW.goodwill_reason_id, NEW.goodwill_words)
       IS DISTINCT FROM
       (OLD.goodwill_budget_id, OLD.goodwill_reason_id, OLD.goodwill_words) THEN
      RAISE EXCEPTION 'what was proposed is sealed and cannot change'
        USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
  END IF;
  IF NEW.kind <> 'goodwill' THEN
    RETURN NEW;
  END IF;
  -- One lock for all budgets: a version that begins meanwhile waits too.
  PERFORM 1 FROM recovery_goodwillbudget ORDER BY id FOR UPDATE;
  SELECT * INTO b FROM recovery_goodwillbudget WHERE id = NEW.goodwill_budget_id;
  IF NOT b.period @> NEW.proposed_at OR NEW.value_currency <> b.currency THEN
    RAISE EXCEPTION 'goodwill is given from the budget that is in force'
      USING ERRCODE = 'check_violation';
  END IF;
  IF EXISTS (SELECT 1 FROM recovery_goodwillreason r WHERE r.id = NEW.goodwill_reason_id
             AND r.ended_at <= NEW.proposed_at) THEN
    RAISE EXCEPTION 'this reason for goodwill is used no more'
      USING ERRCODE = 'check_violation';
  END IF;
  SELECT coalesce(sum(p.value_amount), 0),
      coalesce(sum(p.value_amount) FILTER (WHERE c.customer_id = k.customer_id), 0)
    INTO given, to_customer
    FROM recovery_recoverycase k
    LEFT JOIN recovery_payment p ON p.kind = 'goodwill'
      AND p.status NOT IN ('cancelled', 'replaced')
      AND p.value_currency = b.currency
      AND date_trunc('month', p.proposed_at AT TIME ZONE 'UTC')
        = date_trunc('month', NEW.proposed_at AT TIME ZONE 'UTC')
    LEFT JOIN recovery_recoverycase c ON c.id = p.case_id
    WHERE k.id = NEW.case_id;
  IF NEW.value_amount > b.each_amount OR given + NEW.value_amount > b.month_amount
     OR to_customer + NEW.value_amount > b.customer_amount THEN
    RAISE EXCEPTION 'goodwill of % % passes a limit of its budget', NEW.value_amount,
      b.currency USING ERRCODE = 'check_violation';
  END IF;
  IF NEW.value_amount > b.two_above AND NEW.approvals_needed < 2 THEN
    RAISE EXCEPTION 'goodwill above % % needs two approvals', b.two_above, b.currency
      USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER desk_guard_goodwill BEFORE INSERT OR UPDATE ON recovery_payment
  FOR EACH ROW EXECUTE FUNCTION desk_guard_goodwill();

-- A budget ends, it does not change; reasons are ended too.
CREATE FUNCTION desk_guard_goodwill_budget() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (NEW.version, NEW.currency, NEW.month_amount, NEW.each_amount,
      NEW.customer_amount, NEW.two_above, NEW.terms_reference, lower(NEW.period))
     IS DISTINCT FROM
     (OLD.version, OLD.currency, OLD.month_amount, OLD.each_amount,
      OLD.customer_amount, OLD.two_above, OLD.terms_reference, lower(OLD.period)) THEN
    RAISE EXCEPTION 'a budget is ended and another begins; it does not change'
      USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER desk_guard BEFORE UPDATE ON recovery_goodwillbudget
  FOR EACH ROW EXECUTE FUNCTION desk_guard_goodwill_budget();

DO $$
DECLARE t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['goodwillbudget', 'goodwillreason'] LOOP
    EXECUTE format('CREATE TRIGGER desk_no_delete BEFORE DELETE
      ON recovery_%s FOR EACH ROW EXECUTE FUNCTION desk_refuse_change()', t);
    EXECUTE format('CREATE TRIGGER desk_no_truncate BEFORE TRUNCATE
      ON recovery_%s FOR EACH STATEMENT EXECUTE FUNCTION desk_refuse_change()', t);
  END LOOP;
END $$;

INSERT INTO recovery_goodwillreason (code, told) VALUES
  ('late-answer', 'We answered you later than we promised'),
  ('own-mistake', 'We made a mistake that cost you time'),
  ('unclear-terms', 'Our terms could have told this more clearly'),
  ('outage', 'Our service was not available when you needed it');
