-- What people typed into a history can be taken out of it, and nothing else of a
-- history can change (TRUST T57): steps and notes stay append-only, but their text may
-- become the one word below, and only through the function at the end.
CREATE FUNCTION desk_refuse_change_but_erasure() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  name text := TG_ARGV[0];
  erased jsonb := jsonb_build_object(name, '[erased]');
BEGIN
  IF TG_OP = 'UPDATE'
     AND to_jsonb(NEW) = to_jsonb(OLD) || erased
     AND current_setting('desk.erasing', true) = 'on' THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION 'rows of % are written once: % refused', TG_TABLE_NAME, TG_OP
    USING ERRCODE = 'restrict_violation';
END $$;

DROP TRIGGER desk_append_only ON recovery_transition;
CREATE TRIGGER desk_append_only BEFORE UPDATE OR DELETE ON recovery_transition
  FOR EACH ROW EXECUTE FUNCTION desk_refuse_change_but_erasure('reason');
DROP TRIGGER desk_append_only ON recovery_casenote;
CREATE TRIGGER desk_append_only BEFORE UPDATE OR DELETE ON recovery_casenote
  FOR EACH ROW EXECUTE FUNCTION desk_refuse_change_but_erasure('text');

-- Runs in the owner's right: the application may not update these tables at all. It
-- records itself, so that no erasure goes unseen, and leaves cases alone that go on.
CREATE FUNCTION desk_erase_words(
  erased_customer bigint, by_actor bigint, by_name text, by_request text
) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  cases bigint[];
  steps integer;
  notes integer;
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
  PERFORM set_config('desk.erasing', 'off', true);
  PERFORM desk_audit_write(
    by_actor, by_name, '', 'customer.words.erased',
    (SELECT 'customer ' || uid FROM accounts_customer WHERE id = erased_customer),
    jsonb_build_object('steps', steps, 'notes', notes), by_request
  );
  RETURN steps + notes;
END $$;
REVOKE EXECUTE ON FUNCTION desk_erase_words(bigint, bigint, text, text) FROM PUBLIC;
