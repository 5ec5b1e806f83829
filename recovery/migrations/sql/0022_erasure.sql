-- Takes a customer out of every row that need not name them. Runs in the owner's right,
-- records itself, and does nothing while a case, a payment, a deficit or a change of mail
-- goes on: whoever is owed something must be reached. What was sealed, paid or decided
-- keeps its content; an address stays where a payment names it.
CREATE FUNCTION desk_erase_person(
  erased_customer bigint, by_actor bigint, by_name text, by_request text
) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  nobody text := 'erased-' || erased_customer || '@invalid';
  mails text[];
  cases bigint[];
  found integer := 0;
  n integer;
BEGIN
  PERFORM 1 FROM accounts_customer WHERE id = erased_customer FOR UPDATE;
  SELECT coalesce(array_agg(id), '{}') INTO cases FROM recovery_recoverycase
    WHERE customer_id = erased_customer;
  IF EXISTS (SELECT FROM recovery_recoverycase WHERE id = ANY (cases)
             AND status NOT IN ('closed', 'withdrawn', 'merged'))
     OR EXISTS (SELECT FROM recovery_payment WHERE case_id = ANY (cases)
                AND status NOT IN ('posted', 'confirmed', 'cancelled', 'replaced'))
     OR EXISTS (SELECT FROM recovery_collection WHERE case_id = ANY (cases)
                AND status NOT IN ('settled', 'written_off', 'not_collected',
                                   'taken_back'))
     OR EXISTS (SELECT FROM accounts_contactchange
                WHERE customer_id = erased_customer AND status = 'proposed') THEN
    RETURN NULL;
  END IF;
  SELECT array_agg(DISTINCT lower(mail)) INTO mails FROM (
    SELECT email AS mail FROM accounts_customer WHERE id = erased_customer
    UNION ALL SELECT unnest(ARRAY[old_mail, new_mail]) FROM accounts_contactchange
      WHERE customer_id = erased_customer) all_mails;
  PERFORM set_config('desk.erasing', 'on', true);

  UPDATE recovery_outboxmessage
    SET recipient = nobody, subject = '[erased]', body = '[erased]', error = '',
      state = CASE WHEN state IN ('due', 'unknown', 'refused') THEN 'dropped'
              ELSE state END
    WHERE lower(recipient) = ANY (mails) AND state <> 'sending';
  GET DIAGNOSTICS n = ROW_COUNT; found := found + n;

  UPDATE accounts_contactchange SET old_mail = nobody, new_mail = nobody,
      how = '[erased]', reason = CASE WHEN reason = '' THEN '' ELSE '[erased]' END
    WHERE customer_id = erased_customer AND old_mail <> nobody;
  GET DIAGNOSTICS n = ROW_COUNT; found := found + n;

  UPDATE accounts_personallook SET reason = '[erased]'
    WHERE customer_id = erased_customer AND reason <> '[erased]';
  GET DIAGNOSTICS n = ROW_COUNT; found := found + n;

  UPDATE accounts_destination
    SET status = 'revoked', revoked_at = clock_timestamp(), revoked_reason = '[erased]'
    WHERE customer_id = erased_customer AND status <> 'revoked';
  UPDATE accounts_destination d SET
      verified_how = CASE WHEN verified_how = '' THEN '' ELSE '[erased]' END,
      evidence = CASE WHEN evidence = '' THEN '' ELSE '[erased]' END,
      revoked_reason = '[erased]'
    WHERE customer_id = erased_customer;
  GET DIAGNOSTICS n = ROW_COUNT; found := found + n;
  UPDATE accounts_destination d SET address = '[erased]',
      memo = CASE WHEN memo = '' THEN '' ELSE '[erased]' END
    WHERE customer_id = erased_customer AND address <> '[erased]'
      AND NOT EXISTS (SELECT FROM recovery_payment p WHERE p.destination_id = d.id);

  UPDATE recovery_recoverycase SET question = '[erased]'
    WHERE id = ANY (cases) AND question NOT IN ('', '[erased]');
  UPDATE recovery_payment SET held_reason = '[erased]'
    WHERE case_id = ANY (cases) AND held_reason NOT IN ('', '[erased]');
  UPDATE recovery_claim SET message = '[erased]'
    WHERE customer_id = erased_customer AND message NOT IN ('', '[erased]');
  GET DIAGNOSTICS n = ROW_COUNT; found := found + n;

  UPDATE accounts_customer SET full_name = '[erased]', email = nobody
    WHERE id = erased_customer AND email <> nobody;
  GET DIAGNOSTICS n = ROW_COUNT; found := found + n;
  PERFORM set_config('desk.erasing', 'off', true);
  PERFORM desk_audit_write(
    by_actor, by_name, '', 'customer.erased',
    (SELECT 'customer ' || uid FROM accounts_customer WHERE id = erased_customer),
    jsonb_build_object('rows', found), by_request
  );
  RETURN found;
END $$;
REVOKE EXECUTE ON FUNCTION desk_erase_person(bigint, bigint, text, text) FROM PUBLIC;
