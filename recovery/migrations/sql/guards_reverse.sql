DO $$
DECLARE f record;
BEGIN
  FOR f IN
    SELECT p.oid::regprocedure AS name FROM pg_proc p
    JOIN pg_namespace n ON n.oid = p.pronamespace
    WHERE n.nspname = current_schema() AND p.proname LIKE 'desk\_%'
  LOOP
    EXECUTE format('DROP FUNCTION %s CASCADE', f.name);
  END LOOP;
END $$;
