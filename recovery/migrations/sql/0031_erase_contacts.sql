-- What was said when somebody was called is words of a history too.
DROP TRIGGER desk_append_only ON recovery_contactattempt;
CREATE TRIGGER desk_append_only BEFORE UPDATE OR DELETE ON recovery_contactattempt
  FOR EACH ROW EXECUTE FUNCTION desk_refuse_change_but_erasure('text');

CREATE OR REPLACE FUNCTION desk_erase_words(
  erased_customer bigint, by_actor bigint, by_name text, by_request text
) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  cases bigint[];
  steps integer;
  notes integer;
  attempts integer;
BEGIN
  SELECT coalesce(array_agg(id), '{}') INTO cases FROM recovery_recoverycase
    WHERE customer_id = erased_customer
      AND status IN ('closed', 'withdrawn', 'merged');
  PERFORM set_config('desk.erasing', 'on', true);
  UPDATE recovery_transition SET reason = '[erased]'
    WHERE case_id = ANY (cases) AND reason NOT IN ('', '[erased]');
  GET DIAGNOSTICS steps = ROW_COUNT;
  UPDATE recovery_casenote SET text = '[erased]'
    WHERE case_id = ANY (cases) AND text <> '[erased]';
  GET DIAGNOSTICS notes = ROW_COUNT;
  UPDATE recovery_contactattempt SET text = '[erased]'
    WHERE case_id = ANY (cases) AND text <> '[erased]';
  GET DIAGNOSTICS attempts = ROW_COUNT;
  PERFORM set_config('desk.erasing', 'off', true);
  PERFORM desk_audit_write(
    by_actor, by_name, '', 'customer.words.erased',
    (SELECT 'customer ' || uid FROM accounts_customer WHERE id = erased_customer),
    jsonb_build_object('steps', steps, 'notes', notes, 'attempts', attempts), by_request
  );
  RETURN steps + notes + attempts;
END $$;
