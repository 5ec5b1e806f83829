-- Rows from before steps were numbered: each transition takes the next number of its
-- subject, and a payment stands at the number of its last step.
ALTER TABLE recovery_transition DISABLE TRIGGER desk_append_only;
WITH numbered AS (
  SELECT id, row_number() OVER (PARTITION BY case_id, payment_id ORDER BY id) AS n
  FROM recovery_transition
)
UPDATE recovery_transition t SET version = numbered.n + 1
FROM numbered WHERE numbered.id = t.id;
ALTER TABLE recovery_transition ENABLE TRIGGER desk_append_only;
UPDATE recovery_payment p SET
  version = 1 + (SELECT count(*) FROM recovery_transition t WHERE t.payment_id = p.id),
  held_from = CASE WHEN p.status = 'held' THEN 'approved' ELSE '' END;
