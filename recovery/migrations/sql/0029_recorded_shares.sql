-- What was written down of a deficit stays; it is confirmed once, withdrawn once.
CREATE FUNCTION desk_guard_recorded_share() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    IF NEW.confirmed_by_id IS NOT NULL OR NEW.withdrawn_by_id IS NOT NULL THEN
      RAISE EXCEPTION 'a share is written down before it is confirmed'
        USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
  END IF;
  IF (NEW.event_id, NEW.asset, NEW.bearer, NEW.amount, NEW.evidence,
      NEW.recorded_by_id, NEW.recorded_at)
     IS DISTINCT FROM
     (OLD.event_id, OLD.asset, OLD.bearer, OLD.amount, OLD.evidence,
      OLD.recorded_by_id, OLD.recorded_at)
     OR (OLD.confirmed_by_id IS NOT NULL
         AND NEW.confirmed_by_id IS DISTINCT FROM OLD.confirmed_by_id)
     OR OLD.withdrawn_at IS NOT NULL THEN
    RAISE EXCEPTION 'what was written down of a deficit stays as it is'
      USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER desk_guard BEFORE INSERT OR UPDATE ON recovery_recordedshare
  FOR EACH ROW EXECUTE FUNCTION desk_guard_recorded_share();
CREATE TRIGGER desk_no_delete BEFORE DELETE ON recovery_recordedshare
  FOR EACH ROW EXECUTE FUNCTION desk_refuse_change();
CREATE TRIGGER desk_no_truncate BEFORE TRUNCATE ON recovery_recordedshare
  FOR EACH STATEMENT EXECUTE FUNCTION desk_refuse_change();
