-- A mapping made by staff comes in as proposed; afterwards only its decision is
-- written, once. A correction is a further version.
CREATE FUNCTION desk_guard_mapping() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  decision CONSTANT text[] :=
    ARRAY['status', 'decided_by_id', 'decided_at', 'decision_reason'];
BEGIN
  IF TG_OP = 'DELETE' THEN
    RAISE EXCEPTION 'mappings are never deleted: propose a further version'
      USING ERRCODE = 'restrict_violation';
  ELSIF TG_OP = 'INSERT' THEN
    IF NEW.status <> 'proposed' OR NEW.decided_by_id IS NOT NULL THEN
      RAISE EXCEPTION 'a mapping comes in as proposed'
        USING ERRCODE = 'check_violation';
    END IF;
  ELSIF OLD.status <> 'proposed'
     OR to_jsonb(NEW) - decision IS DISTINCT FROM to_jsonb(OLD) - decision THEN
    RAISE EXCEPTION 'a mapping is written once: propose a further version'
      USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER desk_guard_mapping BEFORE INSERT OR UPDATE OR DELETE
  ON recovery_operationmapping FOR EACH ROW EXECUTE FUNCTION desk_guard_mapping();
