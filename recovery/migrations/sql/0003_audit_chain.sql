-- The audit, written through one function and chained at commit.
--
-- desk_audit_write inserts the entry and takes no lock. Two deferred triggers follow
-- when the transaction commits: the first notes the entry down, the second seals it.
-- Two, because foreign keys are checked in the first round of deferred work and may
-- wait for rows of other people; the chain's lock is taken in the second round, when
-- nothing is left to wait for, and is held for the length of the commit only.

CREATE TABLE recovery_auditqueue (entry_id bigint PRIMARY KEY);
COMMENT ON TABLE recovery_auditqueue IS
  'Entries between the two rounds of a commit; empty to everybody else.';

CREATE TRIGGER desk_append_only BEFORE UPDATE OR DELETE ON recovery_auditseal
  FOR EACH ROW EXECUTE FUNCTION desk_refuse_change();
CREATE TRIGGER desk_no_truncate BEFORE TRUNCATE ON recovery_auditseal
  FOR EACH STATEMENT EXECUTE FUNCTION desk_refuse_change();

-- The canonical text: every part as "bytes:text,", so that no two entries share one.
-- recovery.domain.audit_chain computes the same without asking the database to.
CREATE FUNCTION desk_audit_hash(
  chain_position bigint, previous text, sealed_entry bigint
) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT encode(sha256(convert_to(string_agg(
      octet_length(convert_to(part, 'UTF8')) || ':' || part || ',', '' ORDER BY place
    ), 'UTF8')), 'hex')
  FROM public.recovery_auditentry e
  CROSS JOIN LATERAL unnest(ARRAY[
    'desk-audit-1', $1::text, $2, e.id::text,
    to_char(e.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
    coalesce(e.actor_id::text, ''), e.actor_name, e.role, e.action, e.subject,
    e.detail::text, e.request_id, e.database_user
  ]) WITH ORDINALITY AS parts (part, place)
  WHERE e.id = $3
$$;

CREATE FUNCTION desk_audit_link(new_entry bigint) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  last_position bigint;
  last_hash text;
BEGIN
  -- One at a time: 1 is the audit's chain among the desk's advisory locks (7203).
  PERFORM pg_advisory_xact_lock(7203, 1);
  SELECT s.position, s.hash INTO last_position, last_hash
    FROM public.recovery_auditseal s ORDER BY s.position DESC LIMIT 1;
  -- Genesis: position 1 follows sixty-four zeros.
  last_position := coalesce(last_position, 0) + 1;
  last_hash := coalesce(last_hash, repeat('0', 64));
  INSERT INTO public.recovery_auditseal (position, entry_id, previous_hash, hash)
    VALUES (last_position, new_entry, last_hash,
            public.desk_audit_hash(last_position, last_hash, new_entry));
END $$;

CREATE FUNCTION desk_audit_queue() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  INSERT INTO public.recovery_auditqueue (entry_id) VALUES (NEW.id);
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER desk_audit_queue AFTER INSERT ON recovery_auditentry
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION desk_audit_queue();

CREATE FUNCTION desk_audit_seal() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  PERFORM public.desk_audit_link(NEW.entry_id);
  DELETE FROM public.recovery_auditqueue WHERE entry_id = NEW.entry_id;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER desk_audit_seal AFTER INSERT ON recovery_auditqueue
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION desk_audit_seal();

-- What the application may call: it says who acted and what was done; when and under
-- which database user is not its to say, and a member of staff has the login on file.
CREATE FUNCTION desk_audit_write(
  actor bigint, name text, role text, action text, subject text, detail jsonb,
  request text
) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  login text := $2;
  written bigint;
BEGIN
  IF $1 IS NOT NULL THEN
    SELECT u.username INTO login FROM public.accounts_user u WHERE u.id = $1;
    IF NOT FOUND THEN
      RAISE EXCEPTION 'there is no member of staff %', $1
        USING ERRCODE = 'foreign_key_violation';
    END IF;
  END IF;
  INSERT INTO public.recovery_auditentry
      (at, actor_id, actor_name, role, action, subject, detail, request_id,
       database_user)
    VALUES (clock_timestamp(), $1, left(login, 80), $3, $4, $5, $6, $7, session_user)
    RETURNING id INTO written;
  RETURN written;
END $$;

-- A function is everybody's until it is taken away. Without this a trigger on a
-- temporary table could call the sealing with rows of its own.
REVOKE EXECUTE ON FUNCTION
  desk_audit_hash(bigint, text, bigint), desk_audit_link(bigint), desk_audit_queue(),
  desk_audit_seal(), desk_audit_write(bigint, text, text, text, text, jsonb, text)
  FROM PUBLIC;

-- What was written before there was a chain is sealed in the order it was written.
DO $$
DECLARE old_entry bigint;
BEGIN
  FOR old_entry IN SELECT id FROM recovery_auditentry ORDER BY id LOOP
    PERFORM desk_audit_link(old_entry);
  END LOOP;
END $$;
SET CONSTRAINTS ALL IMMEDIATE;
