CREATE OR REPLACE FUNCTION desk_guard_counter() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.total_amount < OLD.total_amount OR (NEW.scope, NEW.period, NEW.currency)
     IS DISTINCT FROM (OLD.scope, OLD.period, OLD.currency) THEN
    RAISE EXCEPTION 'a counter only grows' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
