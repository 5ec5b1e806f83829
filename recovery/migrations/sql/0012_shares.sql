-- The shares of a deficit sum to it exactly; asked at commit, when all are written.
CREATE FUNCTION desk_shares_whole() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  missing numeric;
BEGIN
  SELECT c.deficit_amount - coalesce(
      (SELECT sum(s.amount) FROM recovery_deficitshare s WHERE s.collection_id = c.id), 0)
    INTO missing FROM recovery_collection c WHERE c.id = NEW.id;
  IF missing <> 0 THEN
    RAISE EXCEPTION 'the shares of a deficit miss it by %', missing
      USING ERRCODE = 'check_violation';
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER desk_shares_whole AFTER INSERT ON recovery_collection
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION desk_shares_whole();
